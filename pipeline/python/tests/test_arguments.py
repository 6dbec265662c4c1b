"""Arguments are checked before anything starts, and a message says what is allowed."""

import pytest
from connectwise_etl import UsageError, run_etl_pipeline


@pytest.mark.parametrize(
    "given, layers",
    [
        (["bronze", "silver", "gold"], ["bronze", "silver", "gold"]),
        (("gold", "silver"), ["silver", "gold"]),
        ("gold", ["gold"]),
        ("silver, Bronze", ["bronze", "silver"]),
        (["gold", "gold"], ["gold"]),
    ],
)
def test_layers_come_in_the_order_in_which_they_are_built(native, given, layers):
    run_etl_pipeline(layers=given)
    assert native.calls[0]["layers"] == layers


@pytest.mark.parametrize(
    "arguments, says",
    [
        ({"layers": ["glod"]}, "layers holds 'glod': bronze, silver or gold are expected"),
        ({"layers": []}, "layers is empty: one or more of bronze, silver, gold are expected"),
        ({"layers": ""}, "layers holds '': a name is expected"),
        ({"layers": None}, "layers is empty"),
        ({"layers": 3}, "layers is 3: a list of texts is expected"),
        ({"layers": [3]}, "layers holds 3: a name is expected"),
        ({"mode": "delta"}, "mode is 'delta': incremental or full is expected"),
        ({"mode": None}, "mode is None"),
        ({"lookback_days": -1}, "lookback_days is -1: a whole number from 0 to 36525 is expected, or None"),
        ({"lookback_days": 36_526}, "a whole number from 0 to 36525 is expected"),
        ({"lookback_days": 1.5}, "lookback_days is 1.5"),
        ({"lookback_days": "7"}, "lookback_days is '7'"),
        ({"lookback_days": True}, "lookback_days is True"),
        ({"layout": "nested"}, "layout is 'nested': schemas or flat is expected"),
        ({"entities": ["TimeEntry", ""]}, "entities holds '': a name is expected"),
        ({"entities": 7}, "entities is 7: a list of texts is expected"),
        ({"wait": -1}, "wait is -1: seconds, 0 or more, are expected"),
        ({"wait": float("nan")}, "wait is nan"),
        ({"wait": "60"}, "wait is '60'"),
        ({"progress": "yes"}, "progress is 'yes': True, False or a function that takes a line is expected"),
        ({"token": 5}, "token is of the type int: a function that returns a text is expected"),
        ({"token": " "}, "token is empty"),
        ({"lakehouse": 5}, "lakehouse is 5: a folder or an address is expected"),
        ({"lakehouse": b"lake"}, "lakehouse is b'lake': a folder or an address is expected"),
    ],
)
def test_what_can_not_be_meant_is_refused_before_anything_starts(native, arguments, says):
    with pytest.raises(UsageError) as refused:
        run_etl_pipeline(**arguments)
    assert says in str(refused.value)
    assert refused.value.exit_code == 2
    assert native.calls == []


@pytest.mark.parametrize("options", [{"azure_storage_key": 5}, {5: "secret"}, ["azure_storage_key=secret"]])
def test_options_have_to_be_texts_and_stay_out_of_the_message(native, options):
    with pytest.raises(UsageError, match="storage_options") as refused:
        run_etl_pipeline(storage_options=options)
    assert "secret" not in str(refused.value)
    assert native.calls == []


def test_what_is_left_out_is_left_to_the_tool(native):
    run_etl_pipeline()
    call = native.calls[0]
    assert callable(call.pop("progress"))
    assert call == {
        "lakehouse": "./lakehouse",
        "layout": None,
        "mode": "incremental",
        "layers": ["bronze", "silver", "gold"],
        "lookback_days": 7,
        "entities": [],
        "storage_options": {},
        "token": None,
        "wait": None,
    }


class Number:
    """A whole number of a library, such as numpy's."""

    def __index__(self):
        return 30


def test_what_is_given_arrives(native, tmp_path):
    run_etl_pipeline(
        lakehouse=tmp_path,
        layout="flat",
        lookback_days=Number(),
        entities="TimeEntry, Company",
        storage_options={"retry_timeout": "60"},
        wait=90,
        progress=False,
    )
    call = native.calls[0]
    assert call["lakehouse"] == str(tmp_path)
    assert (call["layout"], call["wait"], call["progress"]) == ("flat", 90.0, None)
    assert (call["lookback_days"], type(call["lookback_days"])) == (30, int)
    assert call["entities"] == ["TimeEntry", "Company"]
    assert call["storage_options"] == {"retry_timeout": "60"}


def test_a_full_run_begins_nowhere(native):
    run_etl_pipeline(mode="full", lookback_days=7)
    assert native.calls[0]["lookback_days"] is None
