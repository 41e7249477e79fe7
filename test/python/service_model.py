"""Holds replies against the service's model, as botocore ships it."""

import json
import math
import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter

import boto3
import regex
from botocore.validate import ParamValidator

# Where accounts hold more than the model's pattern says. Names of contexts may hold `_`, and AWS's own do
# (`sm_fs_fe_...`), yet an association's names have the pattern of names without it. Display names that people type hold
# anything in the sandbox's generated accounts, so that nothing downstream can trust them.
CONTEXT_NAME = "[a-zA-Z0-9]([-_]*[a-zA-Z0-9]){0,119}"
LOOSER_PATTERNS = {"SourceName": CONTEXT_NAME, "DestinationName": CONTEXT_NAME, "DisplayName": ".*"}


# Members that the service's documentation shows and its model leaves out.
BESIDES_THE_MODEL = {"GetPropertygraphSummaryOutput": {"status"}}


def judge_service(service, *conversations):
    """Holds the conversations with a client of the service and prints, as JSON, how often each operation was called, and
    what in the replies the model does not allow."""
    client = boto3.client(service)
    calls, problems = Counter(), {}

    def judge(http_response, parsed, model, **_):
        calls[model.name] += 1
        shape = model.output_shape
        if http_response.status_code >= 300 or shape is None:
            return
        found = parse_violations(shape, parsed)
        if service == "s3":
            found += unknown_elements(shape, http_response)
        else:
            found += violations(shape, json.loads(http_response.content))
        for path, problem in found:
            # The first of its kind will do as an example.
            problems.setdefault((model.name, path), problem)

    client.meta.events.register(f"after-call.{service}", judge)
    for conversation in conversations:
        conversation(client)
    result = {
        "calls": dict(sorted(calls.items())),
        "violations": [
            {"operation": name, "path": path, "problem": problem} for (name, path), problem in problems.items()
        ],
    }
    json.dump(result, sys.stdout, indent=1)


def violations(shape, value, path=""):
    """What of a reply's JSON the model does not allow: (path, problem). Indices and keys of the path are left out."""
    check = CHECKS.get(shape.type_name)
    if check is None:
        return [(path, f"a {shape.type_name}, which no reply of JSON should hold")]
    return list(check(shape, value, path))


def parse_violations(shape, parsed):
    """What botocore's own validator dislikes in a reply that its parser read."""
    # None is how botocore's parser reads an empty element: the location of a bucket in us-east-1.
    members = {
        name: value for name, value in parsed.items() if name != "ResponseMetadata" and value is not None
    }
    report = ParamValidator().validate(with_numbers(shape, members), shape)
    return [("", report.generate_report())] if report.has_errors() else []


# Doubles that JSON has no number for: AWS's JSON protocols write them as text, and botocore's parser leaves them so.
NON_FINITE = ("NaN", "Infinity", "-Infinity")


def with_numbers(shape, value):
    """A parsed reply in which every double is a number."""
    if shape.type_name in ("double", "float") and value in NON_FINITE:
        return float(value)
    if shape.type_name == "structure" and isinstance(value, dict):
        return {
            name: with_numbers(shape.members[name], item) if name in shape.members else item
            for name, item in value.items()
        }
    if shape.type_name == "list" and isinstance(value, list):
        return [with_numbers(shape.member, item) for item in value]
    if shape.type_name == "map" and isinstance(value, dict):
        return {key: with_numbers(shape.value, item) for key, item in value.items()}
    return value


def unknown_elements(shape, http_response):
    """Elements of a reply's XML that the model has no place for: (path, problem)."""
    # A payload that is no structure is the object itself, or text.
    payload = shape.serialization.get("payload")
    body = shape if payload is None else shape.members[payload]
    if body.type_name != "structure" or not http_response.content:
        return []
    return list(strangers(body, ElementTree.fromstring(http_response.content), ""))


def strangers(shape, element, path):
    if shape.type_name == "list":
        for item in element:
            yield from strangers(shape.member, item, f"{path}[]")
    if shape.type_name != "structure":
        return
    members = {
        element_name(name, member): member
        for name, member in shape.members.items()
        if "location" not in member.serialization
    }
    for child in element:
        name = child.tag.split("}")[-1]
        if name not in members:
            yield f"{path}.{name}", "unknown to the model"
            continue
        member = members[name]
        # A flattened list has no element around its items.
        of = member.member if is_flat(member) else member
        yield from strangers(of, child, f"{path}.{name}")


def element_name(name, member):
    if is_flat(member):
        return member.serialization.get("name", member.member.serialization.get("name", name))
    return member.serialization.get("name", name)


def is_flat(member):
    return member.type_name == "list" and member.serialization.get("flattened", False)


def structure(shape, value, path):
    if getattr(shape, "is_document_type", False):
        return
    if not isinstance(value, dict):
        yield path, unexpected("object", value)
        return
    members = {
        member.serialization.get("name", name): member
        for name, member in shape.members.items()
        if "location" not in member.serialization
    }
    for name in sorted(value.keys() - members.keys() - BESIDES_THE_MODEL.get(shape.name, set())):
        yield f"{path}.{name}", "unknown to the model"
    for name in shape.required_members:
        if shape.members[name].serialization.get("name", name) not in value:
            yield f"{path}.{name}", "required and missing"
    if getattr(shape, "is_tagged_union", False) and len(value) != 1:
        yield path, f"a union with {len(value)} members"
    for name in sorted(value.keys() & members.keys()):
        yield from violations(members[name], value[name], f"{path}.{name}")


def items(shape, value, path):
    if not isinstance(value, list):
        yield path, unexpected("list", value)
        return
    yield from limits(shape, len(value), path, "items")
    for item in value:
        yield from violations(shape.member, item, f"{path}[]")


def entries(shape, value, path):
    if not isinstance(value, dict):
        yield path, unexpected("map", value)
        return
    yield from limits(shape, len(value), path, "entries")
    for key, item in value.items():
        yield from violations(shape.key, key, f"{path}{{key}}")
        yield from violations(shape.value, item, f"{path}{{}}")


def string(shape, value, path):
    if not isinstance(value, str):
        yield path, unexpected("string", value)
        return
    yield from limits(shape, len(value), path, "characters")
    if shape.enum and value not in shape.enum:
        yield path, f"{value!r} is not one of {shape.enum}"
    pattern = LOOSER_PATTERNS.get(path.split(".")[-1], shape.metadata.get("pattern"))
    if pattern is not None and not matches(pattern, value):
        yield path, f"{value!r} does not match {pattern}"


def matches(pattern, value):
    # AWS's `.` has to be any character: status messages with line breaks come back under the pattern `.*`.
    return regex.fullmatch(pattern, value, regex.DOTALL) is not None


def integer(shape, value, path):
    if not isinstance(value, int) or isinstance(value, bool):
        yield path, unexpected("whole number", value)
        return
    yield from limits(shape, value, path, "as value")


def number(shape, value, path):
    if value in NON_FINITE:
        return
    if not is_number(value):
        yield path, unexpected("number", value)
        return
    yield from limits(shape, value, path, "as value")


ISO_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"


def timestamp(shape, value, path):
    if shape.serialization.get("timestampFormat") == "iso8601":
        if not isinstance(value, str) or regex.fullmatch(ISO_TIME, value) is None:
            yield path, unexpected("time of ISO 8601", value)
    elif not is_number(value) or not math.isfinite(value):
        yield path, unexpected("number of epoch seconds", value)
    elif not 946_684_800 <= value < 4_102_444_800:
        yield path, f"{value} is no time of this century in seconds"


def boolean(shape, value, path):
    if not isinstance(value, bool):
        yield path, unexpected("boolean", value)


def limits(shape, size, path, unit):
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and size < low:
        yield path, f"{size} {unit}, less than {low}"
    if high is not None and size > high:
        yield path, f"{size} {unit}, more than {high}"


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def unexpected(expected, value):
    return f"expected a {expected}, got {value!r}"


CHECKS = {
    "structure": structure,
    "list": items,
    "map": entries,
    "string": string,
    "character": string,
    "integer": integer,
    "long": integer,
    "float": number,
    "double": number,
    "timestamp": timestamp,
    "boolean": boolean,
}
