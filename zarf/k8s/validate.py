"""Validates what kustomize made against schemas: validate.py FILE..

Kinds of Kubernetes have their published schemas (kubernetes-validate), strictly: a field that is unknown is an error. Kinds of operators
have schemas of zarf/k8s/kinds.json, which say what we use of them. A kind that neither knows is an error, not a warning.
"""

import json
import pathlib
import sys

import jsonschema
import kubernetes_validate
import yaml

# The version that clusters have at least (`minimum` below), and the newest one whose schemas are there.
VERSIONS = ("1.33", "1.37")
KINDS = json.loads((pathlib.Path(__file__).parent / "kinds.json").read_text())


def faults(document):
    """Every fault of one object, as text."""
    kind = f'{document["apiVersion"]}/{document["kind"]}'
    if kind in KINDS:
        validator = jsonschema.Draft202012Validator(
            {"$defs": KINDS["$defs"], "properties": {"spec": KINDS[kind]}, "required": ["spec"]}
        )
        for error in validator.iter_errors(document):
            yield f'{"/".join(map(str, error.absolute_path))}: {error.message}'
        return
    for version in VERSIONS:
        try:
            kubernetes_validate.validate(document, version, strict=True)
        except kubernetes_validate.SchemaNotFoundError:
            yield f"no schema for {kind}: is it of an operator, then describe it in zarf/k8s/kinds.json"
        except kubernetes_validate.ValidationError as error:
            yield f'{"/".join(map(str, error.path))}: {error.message} (Kubernetes {version})'


def main(files):
    found, count = 0, 0
    for file in files:
        for document in filter(None, yaml.safe_load_all(pathlib.Path(file).read_text())):
            count += 1
            for fault in faults(document):
                found += 1
                print(f'{file}: {document["kind"]}/{document["metadata"]["name"]}: {fault}')
    print(f"{count} objects, {found} faults")
    return 1 if found or not count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
