"""The access key of a stack and what is derived from it."""

import base64
import hashlib
import hmac
import json

from athena_sandbox.wire.keys import (
    engine_key,
    engine_token,
    new_access_key,
    own_key,
    page_token,
    required_key,
)


def test_keys_are_random_and_take_the_form_of_an_access_key() -> None:
    keys = {new_access_key() for _ in range(100)}
    assert len(keys) == 100
    # AWS: 16 to 128 word characters. Twelve digits would be an account to ministack.
    assert all(16 <= len(key) <= 128 and key.isalnum() and not key.isdigit() for key in keys)


def test_the_engine_token_is_a_signed_json_web_token() -> None:
    signed, _, signature = engine_token("LOCALKEY").rpartition(".")
    claims = [json.loads(base64.urlsafe_b64decode(part + "==")) for part in signed.split(".")]
    assert claims == [{"alg": "HS256", "typ": "JWT"}, {"sub": "athena"}]
    key = base64.b64decode(engine_key("LOCALKEY"))
    expected = hmac.digest(key, signed.encode(), hashlib.sha256)
    assert base64.urlsafe_b64decode(signature + "=") == expected


def test_nothing_derived_shows_the_key() -> None:
    assert "LOCALKEY" not in engine_token("LOCALKEY") + engine_key("LOCALKEY") + page_token("LOCALKEY")
    assert page_token("LOCALKEY") != page_token("LOCALKEZ")


def test_a_part_without_a_key_requires_none() -> None:
    assert (required_key({}), own_key({})) == (None, "test")
    given = {"ATHENA_SANDBOX_ACCESS_KEY": "LOCALKEY"}
    assert (required_key(given), own_key(given)) == ("LOCALKEY", "LOCALKEY")


def test_an_open_part_requires_no_key_and_still_has_its_own() -> None:
    given = {"ATHENA_SANDBOX_ACCESS_KEY": "LOCALKEY", "ATHENA_SANDBOX_OPEN": "1"}
    assert (required_key(given), own_key(given)) == (None, "LOCALKEY")
