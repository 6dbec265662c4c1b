"""A deployment of the folder by fabric-cicd, as `fab deploy` does it, to a stub of Fabric: publish.py FOLDER."""

import base64
import logging
import os
import re
import sys
import tempfile
from argparse import Namespace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import folder
import items
import stub

DEFINITION_OF = {"Notebook", "SemanticModel", "Report", "DataPipeline"}
EXPRESSIONS = "ConnectWise.SemanticModel/definition/expressions.tmdl"
# What the semantic model says where it reads by SQL.
BY_SQL = (
    'Sql.Database("33333333-3333-3333-3333-333333333333.datawarehouse.fabric.microsoft.com", '
    '"44444444-4444-4444-4444-444444444444")'
)


class Credential:
    """A token that the stub does not look at."""

    def get_token(self, *scopes, **arguments):
        from azure.core.credentials import AccessToken

        return AccessToken("token", int((datetime.now(timezone.utc) + timedelta(hours=1)).timestamp()))


def environment(server):
    """What fabric-cicd reads when it is imported: the stub's addresses, and no waiting."""
    os.environ.update(
        {
            "FABRIC_API_ROOT_URL": f"https://api.fabric.microsoft.com:{server.port}",
            "DEFAULT_API_ROOT_URL": f"https://api.powerbi.com:{server.port}",
            "FABRIC_CICD_RETRY_DELAY_OVERRIDE_SECONDS": "0",
            "FABRIC_CICD_RETRY_API_MAX_DURATION_SECONDS": "20",
            "REQUESTS_CA_BUNDLE": str(server.certificate),
            "NO_PROXY": "*",
        }
    )


def deploy(root):
    """`fab deploy --config config.yml`, by the command's own function; what it says where it fails."""
    from fabric_cicd._parameter._utils import validate_parameter_file
    from fabric_cli.commands.fs.deploy import fab_fs_deploy_config_file as command

    logging.disable(logging.CRITICAL)
    command.create_fabric_token_credential = Credential
    try:
        if not validate_parameter_file(str(root), sorted(items.KINDS)):
            return "fabric-cicd's validator refuses parameter.yml"
        command.fab_ui.print_output_format = lambda *arguments, **named: None
        command.deploy_with_config_file(Namespace(config=str(root / "config.yml"), target_env="N/A", params=None))
    except Exception as error:  # of whichever kind: the deployment failed
        return f"the deployment fails: {str(error)[:400]}"
    finally:
        logging.disable(logging.NOTSET)
    return None


def parts(body):
    """The files that a request carries."""
    return {
        part["path"]: base64.b64decode(part["payload"]).decode("utf-8")
        for part in (body or {}).get("definition", {}).get("parts", [])
    }


def faults(files, server):
    """What is wrong with two deployments, one after another, to a workspace in which there is another item as well."""
    found = []
    workspace = stub.Workspace()
    server.http.workspace = workspace
    workspace.add("Notebook", "Somebody else's")
    wanted = folder.items(files)
    with tempfile.TemporaryDirectory() as at:
        root = Path(at)
        folder.save(files, root)
        for times, done in enumerate(["create", "update"]):
            workspace.changes.clear()
            wrong = deploy(root)
            if wrong:
                return [*found, wrong]
            found += [f"{what}, deployment {times + 1}" for what in changes(files, workspace, wanted, done)]
    found += [f"the stub was asked for {request}" for request in workspace.unknown]
    if not workspace.identifier("Somebody else's.Notebook"):
        found.append("the deployment deletes an item that is not in the folder")
    return found


def changes(files, workspace, wanted, done):
    found = []
    named = [item for _, item, _ in workspace.changes]
    for item in wanted:
        kind = item.rsplit(".", 1)[1]
        how = [what for what, other, _ in workspace.changes if other == item]
        expected = done if kind in DEFINITION_OF or done == "create" else "rename"
        if how != [expected]:
            found.append(f"{item}: sent {len(how)} times {how}, and not once as {expected}")
    found += [f"{item}: it is sent, and is no item of the folder" for item in named if item not in wanted]
    for _, item, body in workspace.changes:
        if body is None:
            continue
        if item.endswith(".Lakehouse"):
            schemas = {"enableSchemas": True} if "defaultSchema" in files[f"{item}/lakehouse.metadata.json"] else None
            if done == "create" and body.get("creationPayload") != schemas:
                found.append(f"{item}: it is made with {body.get('creationPayload')}")
            continue
        sent = parts(body)
        there = {path[len(item) + 1 :] for path in files if path.startswith(f"{item}/")}
        if set(sent) != there:
            found.append(f"{item}: its files and those that are sent differ: {sorted(set(sent) ^ there)[:4]}")
        for path, text in sent.items():
            if items.PLACEHOLDER.search(text):
                found.append(f"{item}/{path}: a placeholder is left")
        found += [f"{item}: {wrong}" for wrong in references(item, sent, workspace, files)]
    return found


def references(item, sent, workspace, files):
    """That what an item names are the stub's identifiers."""
    lakehouse = workspace.identifier("ConnectWise.Lakehouse")
    where = {
        "Nightly.Notebook": [("notebook-content.py", lakehouse), ("notebook-content.py", workspace.id)],
        "Transform.Notebook": [("notebook-content.py", lakehouse)],
        "Nightly.DataPipeline": [
            ("pipeline-content.json", workspace.identifier("Nightly.Notebook")),
            ("pipeline-content.json", workspace.id),
        ],
        "ConnectWise.Report": [("definition.pbir", workspace.identifier("ConnectWise.SemanticModel"))],
        "ConnectWise.SemanticModel": [("definition/expressions.tmdl", lakehouse)],
    }
    if BY_SQL in files.get(EXPRESSIONS, ""):
        where["ConnectWise.SemanticModel"] = [
            ("definition/expressions.tmdl", workspace.endpoint),
            ("definition/expressions.tmdl", workspace.server),
        ]
    for path, identifier in where.get(item, []):
        if not identifier or not re.search(rf"(?<![\w-]){re.escape(identifier)}(?![\w-])", sent.get(path, "")):
            yield f"{path} does not name {identifier}"


def by_sql(files):
    """The folder where the semantic model reads by SQL."""
    return {
        **files,
        EXPRESSIONS: f"expression 'DirectLake - gold' =\n\t\tlet\n\t\t    Source = {BY_SQL}\n\t\tin\n\t\t    Source\n",
    }


def main():
    files = folder.load(sys.argv[1])
    with tempfile.TemporaryDirectory() as at, stub.Server(Path(at)) as server:
        environment(server)
        found = faults(files, server)
        found += [f"by SQL: {fault}" for fault in faults(by_sql(files), server)]
    for fault in found:
        print(f"deployment: {fault}")
    if not found:
        print(f"deployment: {len(folder.items(files))} items are sent once each, twice over, and nothing is deleted")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
