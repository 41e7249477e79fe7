"""What cfripper says of the templates and is accepted, each with its reason. Anything else that it says is a failure."""

from cfripper.config.filter import Filter
from cfripper.model.enums import RuleMode


def accepted(reason, rules, logical_id):
    return Filter(
        reason=reason,
        rule_mode=RuleMode.ALLOWED,
        rules=set(rules),
        eval={"eq": [{"ref": "logical_id"}, logical_id]},
    )


FILTERS = [
    accepted(
        "account.yaml: SageMaker's listings and its search take no resource; test/cloudformation holds that nothing else has a star.",
        ["WildcardResourceRule"],
        "ReaderRole",
    ),
    accepted(
        "nightly.yaml: SageMaker's listings and its search take no resource; test/cloudformation holds that nothing else has a star.",
        ["WildcardResourceRule"],
        "CrawlRole",
    ),
    accepted(
        "nightly.yaml: Step Functions sets up the delivery of its logs itself, by actions that take no resource.",
        ["WildcardResourceRule"],
        "StateMachineRole",
    ),
    accepted(
        "nightly.yaml: the policy of a key that leaves its administration to the IAM of its account, as AWS KMS makes it by default.",
        ["GenericResourceWildcardPolicyRule"],
        "Key",
    ),
    accepted(
        "neptune.yaml: the policy of a key that leaves its administration to the IAM of its account, as AWS KMS makes it by default.",
        ["GenericResourceWildcardPolicyRule"],
        "ClusterKey",
    ),
    accepted(
        "neptune.yaml: Neptune's user guide asks for s3:Get* and s3:List*, and does not say which of them its loader calls.",
        ["GenericResourceWildcardPolicyRule", "IAMRoleWildcardActionOnPolicyRule"],
        "LoaderRole",
    ),
]
