"""The purposes of random streams and traits."""

from enum import IntEnum


class Purpose(IntEnum):
    """The purpose of a stream or trait. Changing a number changes every generated file."""

    SESSIONS = 1
    DELIVERIES = 2
    CUSTOMERS = 3
    TITLES = 4
    CAMPAIGNS = 5
    EVENT_KEY = 20
    SESSION_KEY = 21
    CUSTOMER_KEY = 22
    TITLE_KEY = 23
    CAMPAIGN_KEY = 24
    DEVICE_KEY = 25
    TEXT = 26
    HOME = 30
    FIXED_PROVIDER = 31
    MOBILE_PROVIDER = 32
    ADDRESS = 33
    SYSTEM = 34
    FIRST_NAME = 36
    LAST_NAME = 37
    DURATION = 40
    TITLE_TYPE = 41
    GENRE = 42
    RATING = 43
    ADJECTIVE = 44
    NOUN = 45
    CHANNEL = 50
    BUDGET = 51
    CAMPAIGN_TITLE = 52
    CREATED = 60
    CAMPAIGN_LENGTH = 61
    RELEASED = 62
