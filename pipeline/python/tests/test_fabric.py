"""In a notebook of Fabric: its lakehouse, its tokens, and the mount that nothing may commit through."""

import os

import pytest
from connectwise_etl import AuthError, RunFailed, UsageError, _fabric, run_etl_pipeline
from connectwise_etl._token import TokenSource

URL = "abfss://W@onelake.dfs.fabric.microsoft.com/L/Tables"


def test_the_notebooks_lakehouse_is_found_and_its_token_asked_for_again(native, attached):
    native.tokens = 2
    run_etl_pipeline()
    assert native.calls[0]["lakehouse"] == URL
    assert native.given == ["token 1 for storage", "token 2 for storage"]


def test_the_lakehouse_may_be_in_another_workspace(native, fabric):
    fabric(currentWorkspaceId="W", defaultLakehouseId="L", defaultLakehouseWorkspaceId="other")
    run_etl_pipeline()
    assert native.calls[0]["lakehouse"] == URL.replace("W@", "other@")


@pytest.mark.parametrize("absent", [{}, {"defaultLakehouseId": None}, {"defaultLakehouseId": ""}])
def test_without_a_default_lakehouse_it_says_what_to_do(native, fabric, absent):
    fabric(currentWorkspaceId="W", **absent)
    with pytest.raises(UsageError, match="No default lakehouse is attached to this notebook. Attach .*, or name it"):
        run_etl_pipeline()
    assert native.calls == []


def test_a_context_that_names_no_workspace_never_becomes_a_local_folder(native, fabric):
    fabric()
    with pytest.raises(UsageError, match="does not say in which workspace it is.*abfss://"):
        run_etl_pipeline()
    assert native.calls == []


def test_a_context_with_attributes_is_read_as_well(native, attached):
    attached.runtime.context = type("Context", (), {"currentWorkspaceId": "W", "defaultLakehouseId": "L"})()
    run_etl_pipeline()
    assert native.calls[0]["lakehouse"] == URL


def test_the_variable_comes_before_the_notebook_and_the_argument_before_both(native, attached, monkeypatch):
    monkeypatch.setenv("CW_LAKEHOUSE", "/data/lake")
    run_etl_pipeline()
    run_etl_pipeline(lakehouse="/data/other")
    monkeypatch.setenv("CW_LAKEHOUSE", "")
    run_etl_pipeline()
    assert [call["lakehouse"] for call in native.calls] == ["/data/lake", "/data/other", URL]


MOUNTED = [
    "/lakehouse/default",
    "/lakehouse/default/",
    "/lakehouse/default/Tables",
    "/lakehouse//default/./Tables/",
    "/lakehouse/x/../default/Tables",
    "file:///lakehouse/default/Tables",
    "FILE:/lakehouse/default/Tables",
    "file:///lakehouse/%64efault",
    "~/default/Tables",
    "~/default",
    "default/Tables",
    "./default",
]


@pytest.mark.parametrize("path", MOUNTED)
def test_the_mount_is_refused_with_the_address_to_use(native, attached, monkeypatch, path):
    monkeypatch.setenv("HOME", "/lakehouse")
    monkeypatch.setattr(os, "getcwd", lambda: "/lakehouse")
    with pytest.raises(UsageError) as refused:
        run_etl_pipeline(lakehouse=path)
    assert "can't commit to a Delta table safely" in str(refused.value)
    assert str(refused.value).endswith(f"lakehouse={URL!r}")
    assert native.calls == []


def test_the_variable_is_no_way_around(native, monkeypatch):
    monkeypatch.setenv("CW_LAKEHOUSE", "/lakehouse/default/Tables")
    with pytest.raises(UsageError, match="Use the lakehouse's address: lakehouse='abfss://<workspace id>@"):
        run_etl_pipeline()


def test_a_folder_elsewhere_in_the_lakehouse_is_named_as_it_is(native, attached):
    with pytest.raises(UsageError, match="microsoft.com/L/Files/copy'$"):
        run_etl_pipeline(lakehouse="/lakehouse/default/Files/copy")


def test_a_link_to_the_mount_is_refused(native, tmp_path, monkeypatch):
    (tmp_path / "mount" / "Tables").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "mount" / "Tables")
    monkeypatch.setattr(_fabric, "MOUNT", os.path.realpath(tmp_path / "mount"))
    with pytest.raises(UsageError, match="can't commit"):
        run_etl_pipeline(lakehouse=tmp_path / "link")


@pytest.mark.parametrize("path", ["/lakehouse/defaults", "/data/lakehouse/default", "az://box/lakehouse/default"])
def test_what_only_looks_like_the_mount_is_taken(native, path):
    run_etl_pipeline(lakehouse=path)
    assert native.calls[0]["lakehouse"] == path


@pytest.mark.parametrize(
    "address, is_asked",
    [
        (URL, True),
        ("https://onelake.dfs.fabric.microsoft.com/W/L/Tables", True),
        ("https://w.z12.onelake.fabric.microsoft.com/W/L/Tables", True),
        ("abfss://box@account.dfs.core.windows.net/lake", False),
        ("https://onelake.dfs.fabric.microsoft.com.example.com/W/L/Tables", False),
        ("https://[onelake/", False),
        ("/data/lake", False),
    ],
)
def test_a_notebooks_token_goes_to_onelake_alone(native, attached, address, is_asked):
    run_etl_pipeline(lakehouse=address)
    assert (native.calls[0]["token"] is not None) == is_asked


def test_a_token_or_options_that_are_given_come_before_the_notebooks(native, attached):
    native.tokens = 1
    run_etl_pipeline(token=lambda: "mine")
    native.tokens = 0
    run_etl_pipeline(storage_options={"azure_client_id": "id"})
    assert native.given == ["mine"]
    assert attached.asked == []
    assert native.calls[1]["token"] is None


def test_a_token_of_azures_libraries_is_taken(native):
    native.tokens = 1
    run_etl_pipeline(token=lambda: type("AccessToken", (), {"token": "secret", "expires_on": 0})())
    assert native.given == ["secret"]


def test_a_token_that_is_a_text_is_taken_and_told_of(native):
    options = {"retry_timeout": "60"}
    with pytest.warns(UserWarning, match="can't be renewed") as told:
        run_etl_pipeline(lakehouse=URL, token="secret", storage_options=options)
    assert told[0].filename == __file__
    assert "secret" not in str(told[0].message)
    assert native.calls[0]["token"] is None
    assert native.calls[0]["storage_options"] == {"retry_timeout": "60", "azure_storage_token": "secret"}
    assert options == {"retry_timeout": "60"}


def test_a_token_function_that_raises_is_the_cause(native):
    wrong = RuntimeError("the session is over")

    def ask():
        raise wrong

    native.tokens = 1
    with pytest.raises(AuthError, match="could be had: RuntimeError: the session is over") as failed:
        run_etl_pipeline(lakehouse=URL, token=ask)
    assert failed.value.__cause__ is wrong


@pytest.mark.parametrize("given", [None, "", 5])
def test_a_token_function_that_gives_no_token_is_told(native, given):
    native.tokens = 1
    with pytest.raises(AuthError, match="the function returned .*, and a token is a text that is not empty"):
        run_etl_pipeline(lakehouse=URL, token=lambda: given)


def test_a_token_that_came_after_all_is_no_reason_for_another_failure():
    answers = iter([RuntimeError("try again"), "token"])

    def ask():
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    source = TokenSource(ask)
    with pytest.raises(RuntimeError, match="try again"):
        source()
    with pytest.raises(AuthError, match="try again"):
        source.raise_for_error()
    assert source() == "token"
    source.raise_for_error()


def test_a_failure_of_another_kind_stays_one(native):
    native.tokens, native.fails = 1, native.error("failed", "the disk is full")
    with pytest.raises(RunFailed, match="the disk is full"):
        run_etl_pipeline(lakehouse=URL, token=lambda: "token")
