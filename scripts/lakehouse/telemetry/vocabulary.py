"""The closed sets of values in bronze, and how often each occurs.

Devices, qualities and viewers by hour have the distributions of the documented VideoTelemetry schema. What it
leaves open (the operating systems of televisions, the internet providers in Toronto) is chosen here so that
the values of a row are consistent with each other.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

EVENT_TYPES = ("start", "pause", "resume", "stop", "complete")
START, PAUSE, RESUME, STOP, COMPLETE = range(5)

DEVICE_TYPES = ("mobile", "tv", "web", "tablet")
DEVICE_SHARES = (0.35, 0.30, 0.25, 0.10)

DEVICE_SYSTEMS = (
    "iOS",
    "Android",
    "Roku OS",
    "Tizen",
    "webOS",
    "Android TV",
    "tvOS",
    "Fire OS",
    "Windows",
    "macOS",
    "Linux",
    "ChromeOS",
)
SYSTEMS_OF_DEVICE: dict[str, dict[str, float]] = {
    "mobile": {"Android": 0.55, "iOS": 0.45},
    "tv": {"Roku OS": 0.3, "Tizen": 0.2, "Android TV": 0.15, "webOS": 0.15, "Fire OS": 0.12, "tvOS": 0.08},
    "web": {"Windows": 0.62, "macOS": 0.25, "ChromeOS": 0.08, "Linux": 0.05},
    "tablet": {"iOS": 0.6, "Android": 0.4},
}

QUALITIES = ("SD", "HD", "4K")
# Per device; weighted with DEVICE_SHARES they add up to the documented 25% SD, 60% HD, 15% 4K.
QUALITY_SHARES_OF_DEVICE: dict[str, tuple[float, float, float]] = {
    "mobile": (0.15 / 0.35, 0.195 / 0.35, 0.005 / 0.35),
    "tv": (0.05, 0.55, 0.40),
    "web": (0.22, 0.70, 0.08),
    "tablet": (0.30, 0.65, 0.05),
}
# The lowest and highest bandwidth of streams of each quality, megabits per second.
BANDWIDTH_OF_QUALITY: dict[str, tuple[float, float]] = {
    "SD": (1.2, 8.0),
    "HD": (5.0, 60.0),
    "4K": (25.0, 300.0),
}

CONNECTION_TYPES = ("wifi", "mobile", "fiber", "cable")
CONNECTIONS_OF_DEVICE: dict[str, tuple[float, float, float, float]] = {
    "mobile": (0.58, 0.42, 0.0, 0.0),
    "tv": (0.55, 0.0, 0.2, 0.25),
    "web": (0.6, 0.0, 0.2, 0.2),
    "tablet": (0.9, 0.1, 0.0, 0.0),
}

APP_VERSIONS = ("4.9.3", "5.0.0", "5.1.4", "5.2.0", "5.2.1", "5.3.0")
APP_VERSION_SHARES = (0.03, 0.05, 0.12, 0.2, 0.45, 0.15)

# The lowest and highest number of viewers of the whole audience by hour of day UTC (documented for 2-6, 6-10,
# 10-14, 14-18, 18-22 and 22-2).
VIEWERS_OF_BAND = (
    (2, (2_000, 5_000)),
    (6, (5_000, 10_000)),
    (10, (8_000, 15_000)),
    (14, (10_000, 18_000)),
    (18, (15_000, 25_000)),
    (22, (8_000, 15_000)),
)


def viewers_at(hour: int) -> tuple[int, int]:
    """Return the lowest and the highest number of viewers of the whole audience in an hour (0-23) UTC."""
    bands = [viewers for first_hour, viewers in VIEWERS_OF_BAND if first_hour <= hour]
    return bands[-1] if bands else VIEWERS_OF_BAND[-1][1]


@dataclass(frozen=True)
class Country:
    """A country with its places and its internet providers."""

    name: str
    share: float
    places: tuple[tuple[str, str], ...]
    fixed_providers: tuple[str, ...]
    mobile_providers: tuple[str, ...]


COUNTRIES = (
    Country(
        "United States",
        0.46,
        (
            ("California", "Los Angeles"),
            ("California", "San Francisco"),
            ("New York", "New York"),
            ("Texas", "Houston"),
            ("Texas", "Austin"),
            ("Illinois", "Chicago"),
            ("Florida", "Miami"),
            ("Washington", "Seattle"),
            ("Colorado", "Denver"),
            ("Georgia", "Atlanta"),
        ),
        ("Comcast", "Spectrum", "AT&T Internet", "Cox"),
        ("Verizon", "T-Mobile US", "AT&T Mobility"),
    ),
    Country(
        "Germany",
        0.14,
        (
            ("Berlin", "Berlin"),
            ("Bayern", "München"),
            ("Hamburg", "Hamburg"),
            ("Hessen", "Frankfurt am Main"),
        ),
        ("Deutsche Telekom", "Vodafone Kabel", "1&1"),
        ("Telekom Mobilfunk", "Vodafone DE", "O2 DE"),
    ),
    Country(
        "United Kingdom",
        0.12,
        (("England", "London"), ("England", "Manchester"), ("Scotland", "Glasgow"), ("Wales", "Cardiff")),
        ("BT", "Virgin Media", "Sky Broadband"),
        ("EE", "Vodafone UK", "Three UK"),
    ),
    Country(
        "Canada",
        0.08,
        (("Ontario", "Toronto"), ("Québec", "Montréal"), ("British Columbia", "Vancouver")),
        ("Rogers", "Bell Canada", "Shaw"),
        ("Telus Mobility", "Bell Mobility"),
    ),
    Country(
        "France",
        0.08,
        (("Île-de-France", "Paris"), ("Auvergne-Rhône-Alpes", "Lyon"), ("Occitanie", "Toulouse")),
        ("Orange", "Free", "SFR"),
        ("Orange Mobile", "Bouygues Telecom"),
    ),
    Country(
        "Brazil",
        0.07,
        (
            ("São Paulo", "São Paulo"),
            ("Rio de Janeiro", "Rio de Janeiro"),
            ("Minas Gerais", "Belo Horizonte"),
        ),
        ("Claro NET", "Vivo Fibra"),
        ("Vivo", "TIM Brasil"),
    ),
    Country(
        "Japan",
        0.05,
        (("Tokyo", "Tokyo"), ("Osaka", "Osaka"), ("Hokkaido", "Sapporo")),
        ("NTT East", "KDDI au Hikari"),
        ("NTT Docomo", "SoftBank"),
    ),
)

PLANS = ("basic", "standard", "premium")
PLAN_SHARES = (0.35, 0.45, 0.20)
CUSTOMER_STATUSES = ("active", "paused", "cancelled")
ACTIVE, PAUSED, CANCELLED = range(3)
CUSTOMER_STATUS_SHARES = (0.88, 0.04, 0.08)
FIRST_NAMES = (
    "Anna",
    "Ben",
    "Chloé",
    "David",
    "Elena",
    "Felix",
    "Grace",
    "Hugo",
    "Inês",
    "Jack",
    "Kaito",
    "Léa",
    "Marta",
    "Noah",
    "Olivia",
    "Paul",
    "Rosa",
    "Sam",
    "Tomás",
    "Yuki",
)
LAST_NAMES = (
    "Adams",
    "Baker",
    "Costa",
    "Dubois",
    "Evans",
    "Fischer",
    "Garcia",
    "Hansen",
    "Ito",
    "Jones",
    "Keller",
    "López",
    "Martin",
    "Nguyen",
    "O'Brien",
    "Patel",
    "Rossi",
    "Schmidt",
    "Tanaka",
    "Weber",
)

TITLE_TYPES = ("movie", "series")
MOVIE, SERIES = range(2)
MOVIE_SHARE = 0.4
GENRES = (
    "action",
    "comedy",
    "crime",
    "documentary",
    "drama",
    "family",
    "horror",
    "romance",
    "science fiction",
)
RATINGS = ("G", "PG", "PG-13", "R", "TV-14", "TV-MA")
TITLE_ADJECTIVES = (
    "Broken",
    "Crimson",
    "Distant",
    "Electric",
    "Forgotten",
    "Golden",
    "Hidden",
    "Infinite",
    "Last",
    "Lonely",
    "Midnight",
    "Northern",
    "Quiet",
    "Savage",
    "Second",
    "Silent",
    "Wild",
    "Winter",
)
TITLE_NOUNS = (
    "Archive",
    "Border",
    "City",
    "Coast",
    "Dream",
    "Empire",
    "Garden",
    "Harbour",
    "Island",
    "Kingdom",
    "Letters",
    "Mirror",
    "Ocean",
    "Promise",
    "River",
    "Signal",
    "Station",
    "Summer",
)

CHANNELS = ("email", "push", "search", "social", "television", "outdoor")
CAMPAIGN_STATUSES = ("planned", "running", "finished", "cancelled")
PLANNED, RUNNING, FINISHED, CANCELLED_CAMPAIGN = range(4)


@dataclass(frozen=True)
class Geography:
    """COUNTRIES as flat lists; a place or a provider is an index into them."""

    countries: tuple[str, ...]
    states: tuple[str, ...]
    cities: tuple[str, ...]
    place_shares: Floats
    providers: tuple[str, ...]
    # By place: the index of its country's first fixed and first mobile provider, and their numbers.
    first_fixed: npt.NDArray[np.int64]
    count_fixed: npt.NDArray[np.int64]
    first_mobile: npt.NDArray[np.int64]
    count_mobile: npt.NDArray[np.int64]


def _geography() -> Geography:
    places = [(country, state, city) for country in COUNTRIES for state, city in country.places]
    providers = [name for country in COUNTRIES for name in country.fixed_providers + country.mobile_providers]
    by_place = [country for country, _, _ in places]
    return Geography(
        countries=tuple(country.name for country in by_place),
        states=tuple(state for _, state, _ in places),
        cities=tuple(city for _, _, city in places),
        place_shares=np.array([country.share / len(country.places) for country in by_place]),
        providers=tuple(providers),
        first_fixed=np.array([providers.index(country.fixed_providers[0]) for country in by_place]),
        count_fixed=np.array([len(country.fixed_providers) for country in by_place]),
        first_mobile=np.array([providers.index(country.mobile_providers[0]) for country in by_place]),
        count_mobile=np.array([len(country.mobile_providers) for country in by_place]),
    )


GEOGRAPHY = _geography()
