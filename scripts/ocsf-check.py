#!/usr/bin/env python3
# Checks OCSF events, one JSON object a line on the standard input, against the published schema of the version and class
# that each event names; red when any event breaks it. The schemas come from PyPI, the check itself needs no network:
#
#   scripts/ocsf.sh, which installs them, reads the same input:
#   portal audit export --format ocsf | scripts/ocsf.sh
#
# Found are missing, unknown and null attributes, wrong types, values outside an enum, a pattern or a length, constraints
# (one of several attributes must be there), a type_uid or a caption that contradicts its number, and unknown profiles.
import json
import sys
from decimal import Decimal
from functools import cache

from jsonschema import Draft202012Validator
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema, get_packaged_versions

SHOWN = 20
VERSIONS = get_packaged_versions()
load = cache(get_ocsf_schema)


@cache
def compiled(version, class_uid, profiles):
    """The class's definition and its validator; ValueError when the schema has no such class."""
    schema = OcsfJsonSchemaEmbedded(load(version))
    name = schema.lookup_class_name_from_uid(class_uid)
    return load(version)["classes"][name], Draft202012Validator(schema.get_class_schema(name, list(profiles)))


def wording(error):
    if error.validator == "anyOf":
        return "one of these is required: " + ", ".join(one["required"][0] for one in error.validator_value)
    return error.message if len(error.message) <= 200 else error.message[:200] + "…"


def captions(value, attributes, objects, path="$"):
    """JSON Schema cannot say that a caption (status) belongs to its number (status_id). 99, Other, takes any caption."""
    for name, part in value.items():
        attribute = attributes.get(name, {})
        caption = attribute.get("enum", {}).get(str(part), {}).get("caption")
        sibling = value.get(attribute.get("sibling"))
        if caption and isinstance(sibling, str) and part != 99 and sibling != caption:
            yield f"{path}.{attribute['sibling']}: {sibling!r} is not the caption of {name} {part}, {caption!r}"
        if attribute.get("type") == "object_t":
            for one in part if isinstance(part, list) else [part]:
                if isinstance(one, dict):
                    yield from captions(one, objects[attribute["object_type"]]["attributes"], objects, f"{path}.{name}")


def errors(line):
    try:
        # Decimal is no integer, so that 1.0 is not taken for 1.
        event = json.loads(line, parse_float=Decimal)
        version, profiles = event["metadata"]["version"], event["metadata"].get("profiles", [])
        if version not in VERSIONS:
            return [f"$.metadata.version: no published schema has the version {version!r}"]
        definition, validator = compiled(version, event["class_uid"], tuple(profiles))
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        return [f"$: not an event of a known class and version ({type(error).__name__}: {error})"]
    found = [f"{error.json_path}: {wording(error)}" for error in validator.iter_errors(event)]
    found += [f"$.metadata.profiles: {one!r} is no profile of the class" for one in profiles if one not in definition["profiles"]]
    activity, type_uid = event.get("activity_id"), event.get("type_uid")
    if isinstance(activity, int) and isinstance(type_uid, int) and type_uid != event["class_uid"] * 100 + activity:
        found.append(f"$.type_uid: {type_uid} is not class_uid * 100 + activity_id")
    return found + list(captions(event, definition["attributes"], load(version)["objects"]))


def main():
    lines = [(number, line) for number, line in enumerate(sys.stdin, 1) if line.strip()]
    found = [f"line {number}: {error}" for number, line in lines for error in errors(line)]
    print(f"{len(lines)} events, {len(found)} schema errors")
    print("\n".join(found[:SHOWN]), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
