"""The one table of permissions: what each role may do, to what. What it does not grant is refused.

``docs/permissions.md`` prints it for people, and a test compares the two.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal

import msgspec


class Role(StrEnum):
    """What somebody is in its organisation. Everybody, known or not, is also ``public``."""

    PROVIDER_MEMBER = "provider-member"
    PROVIDER_ADMIN = "provider-admin"
    CI = "ci"
    OFFICER = "officer"
    OFFICER_LEAD = "officer-lead"
    ADMINISTRATOR = "administrator"
    RELYING_PARTY_MEMBER = "relying-party-member"
    ASSESSOR = "assessor"
    AUDITOR = "auditor"
    PUBLIC = "public"


class Scope(StrEnum):
    """To what a permission extends."""

    SELF = "self"
    """What belongs to the caller's own account."""
    OWN = "own"
    """What belongs to the caller's organisation."""
    PARTY = "party"
    """That, and what names the caller's organisation as a party."""
    ALL = "all"
    PUBLIC = "public"
    """What is published."""


Asks = Literal["", "person", "confirmed", "another"]
"""What it takes besides the role: a person rather than a token; one who confirmed with a passkey shortly before; and one
who has had no hand in the matter yet."""


class Action(StrEnum):
    SUBMISSION_CREATE = "submission.create"
    STATEMENT_REGISTER = "statement.register"
    SUBMISSION_READ = "submission.read"
    SUBMISSION_REVISE = "submission.revise"
    SUBMISSION_WITHDRAW = "submission.withdraw"
    SUBMISSION_LAPSE = "submission.lapse"
    ARTIFACT_PUT = "artifact.put"
    ARTIFACT_READ_RESTRICTED = "artifact.read_restricted"
    CUSTOMERS_READ = "customers.read"
    CUSTOMERS_WRITE = "customers.write"
    RESPONSE_WRITE = "response.write"
    QUEUE_READ = "queue.read"
    CASE_READ = "case.read"
    REDERIVATION_READ = "rederivation.read"
    EVIDENCE_REQUEST = "evidence.request"
    EXTENSION_GRANT = "extension.grant"
    DRAW_RUN = "draw.run"
    DETERMINATION_INITIAL = "determination.initial"
    DETERMINATION_FINAL = "determination.final"
    DETERMINATION_APPROVE = "determination.approve"
    RESULT_READ = "result.read"
    RESULT_CORRECT = "result.correct"
    CASE_REFER = "case.refer"
    ASSESSMENT_READ = "assessment.read"
    ASSESSMENT_ATTACH = "assessment.attach"
    ACCESS_REQUEST = "access.request"
    ACCESS_GRANT = "access.grant"
    ACCESS_READ_LOG = "access.read_log"
    INVENTORY_READ = "inventory.read"
    INVENTORY_WRITE = "inventory.write"
    INVENTORY_FOLLOW = "inventory.follow"
    SUBSCRIPTION_WRITE = "subscription.write"
    POLICY_READ = "policy.read"
    ORGANISATION_READ = "organisation.read"
    ORGANISATION_MANAGE = "organisation.manage"
    MEMBER_READ = "member.read"
    MEMBER_MANAGE = "member.manage"
    RECOVERY_START = "recovery.start"
    RECOVERY_APPROVE = "recovery.approve"
    SESSION_MANAGE_OWN = "session.manage_own"
    PASSKEY_MANAGE_OWN = "passkey.manage_own"
    TOKEN_MAKE_OWN = "token.make_own"  # noqa: S105 - a name
    TOKEN_MANAGE_OWN = "token.manage_own"  # noqa: S105 - a name
    TOKEN_MANAGE = "token.manage"  # noqa: S105 - a name
    CI_MANAGE = "ci.manage"
    KEY_REGISTER = "key.register"
    KEY_VERIFY = "key.verify"
    AUDIT_READ = "audit.read"
    RECORD_ERASE = "record.erase"
    HOLD_WRITE = "hold.write"
    FEDERATION_ACCEPT = "federation.accept"
    FEDERATION_MANAGE = "federation.manage"
    DELIVERY_MANAGE = "delivery.manage"


ROLES = tuple(Role)
"""The columns of the table, in this order."""

_TABLE = """
                         | provider    |     | officer      |       | relying-|       |       |       |
                         | -member     | ci  |         -lead| admini| party   | asses-|       |       |
                         |       -admin|     |       |      | strator -member | sor   |auditor|public | asks
submission.create          own   own    own   -       -      -      -         party   -       -        -          hand in an attestation
statement.register         own   own    own   -       -      -      -         -       -       -        -          have a signed statement recorded in the register
submission.read            own   own    own   all     all    -      party     party   -       -        -          see a submission, its completeness and its verdicts
submission.revise          own   own    own   -       -      -      -         -       -       -        -          replace a submission by a newer one
submission.withdraw        own   own    -     -       -      -      -         -       -       -        -          take a submission back
submission.lapse           own   own    -     -       -      -      -         -       -       -        -          give notice that an attestation holds no more
artifact.put               own   own    own   -       -      -      -         party   -       -        -          upload an artifact
artifact.read_restricted   own   own    -     all     all    -      party     party   -       -        -          read an artifact that is not public; the party is who was granted it
customers.read             own   own    -     all     all    -      -         -       -       -        -          read the list of customers
customers.write            own   own    own   -       -      -      -         -       -       -        -          replace the list of customers
response.write             own   own    -     -       -      -      -         -       -       -        -          answer a notice
queue.read                 -     -      -     all     all    -      -         -       -       -        -          see what needs a person
case.read                  -     -      -     all     all    -      -         -       -       -        -          see claim and evidence side by side, drafts and holds
rederivation.read          own   own    own   all     all    -      -         -       -       -        -          see what the office derived again of a drawn submission
evidence.request           -     -      -     all     all    -      -         -       -       -        person     ask for low-level evidence by digest
extension.grant            -     -      -     all     all    -      -         -       -       -        person     give a provider more time
draw.run                   -     -      -     all     all    -      -         -       -       -        confirmed  run a draw that is due
determination.initial      -     -      -     all     all    -      -         -       -       -        confirmed  make an initial determination
determination.final        -     -      -     all     all    -      -         -       -       -        confirmed  make, or propose, a final determination
determination.approve      -     -      -     -       all    -      -         -       -       -        another    approve what somebody else determined
result.read                own   own    own   all     all    -      -         -       all     public   -          read a result
result.correct             -     -      -     all     all    -      -         -       -       -        confirmed  correct a posted result
case.refer                 -     -      -     -       all    -      -         -       -       -        confirmed  refer an attestation that failed
assessment.read            own   own    -     all     all    -      party     party   -       -        -          read a third-party assessment; the parties are those it names
assessment.attach          own   own    -     -       -      -      -         party   -       -        -          attach a third-party assessment
access.request             -     -      -     -       -      -      party+public party -      -        -          ask to read restricted artifacts
access.grant               -     own    -     -       -      -      -         -       -       -        person     grant that, for a time
access.read_log            own   own    -     -       all    -      -         -       all     -        -          see who read restricted artifacts
inventory.read             -     -      -     -       -      -      own       -       -       -        -          see the inventory, and what stands behind it
inventory.write            -     -      -     -       -      -      own       -       -       -        -          import the inventory
inventory.follow           -     -      -     -       -      -      party     -       -       -        -          follow as a feed what happens behind the inventory, and nothing else
subscription.write         own   own    -     own     own    own    own       own     -       -        -          be told of changes by webhook, mail or feed
policy.read                -     -      -     all     all    all    -         -       all     public   -          read the office's policy
organisation.read          own   own    own   all     all    all    own       own     all     -        -          see an organisation and its keys
organisation.manage        -     -      -     -       -      all    -         -       -       -        confirmed  add and suspend organisations, say what they may speak for
member.read                -     own    -     -       -      all    -         -       all     -        -          see who belongs to an organisation
member.manage              -     own    -     -       -      all    -         -       -       -        confirmed  invite, suspend, give roles
recovery.start             -     -      -     -       -      all    -         -       -       -        confirmed  ask that an account get new passkeys
recovery.approve           -     -      -     -       -      all    -         -       -       -        another    approve what another administrator asked for
session.manage_own         self  self   -     self    self   self   self      self    self    -        person     see and end one's sessions
passkey.manage_own         self  self   -     self    self   self   self      self    self    -        confirmed  add and remove one's passkeys
token.make_own             self  self   -     self    self   self   self      self    self    -        confirmed  make a token for oneself
token.manage_own           self  self   -     self    self   self   self      self    self    -        person     see and revoke one's tokens
token.manage               -     own    -     -       -      all    -         -       -       -        confirmed  make, see and revoke an organisation's tokens
ci.manage                  -     own    -     -       -      all    -         -       -       -        confirmed  say which CI jobs speak for an organisation
key.register               -     own    -     -       -      -      -         -       -       -        confirmed  say who may sign for the provider, with which keys or identity
key.verify                 -     -      -     -       all    all    -         -       -       -        confirmed  accept a registered key or identity
audit.read                 -     own    -     -       -      all    -         -       all     -        -          read the audit trail
record.erase               -     -      -     -       -      all    -         -       -       -        confirmed  erase openings and blobs that no hold keeps
hold.write                 -     -      -     -       all    -      -         -       -       -        confirmed  set and lift a legal hold
federation.accept          -     -      -     -       all    -      -         -       -       -        confirmed  accept another office's results
federation.manage          -     -      -     -       -      all    -         -       -       -        confirmed  say which offices are listened to
delivery.manage            -     -      -     -       -      all    -         -       -       -        person     see and repeat failed deliveries
"""


class Rule(msgspec.Struct, frozen=True):
    """A row."""

    action: Action
    grants: Mapping[Role, frozenset[Scope]]
    """Roles that are not granted anything are not there."""
    asks: Asks
    says: str


def _rule(line: str) -> Rule:
    name, *cells = line.split(maxsplit=len(ROLES) + 2)
    if len(cells) != len(ROLES) + 2:
        raise ValueError(f"permissions: {name} has {len(cells)} cells, expected {len(ROLES) + 2}")
    *scopes, asks, says = cells
    return Rule(
        action=Action(name),
        grants={
            role: frozenset(map(Scope, cell.split("+")))
            for role, cell in zip(ROLES, scopes, strict=True)
            if cell != "-"
        },
        asks=msgspec.convert("" if asks == "-" else asks, Asks),
        says=says.strip(),
    )


RULES: Mapping[Action, Rule] = {rule.action: rule for rule in map(_rule, _TABLE.strip("\n").splitlines()[3:])}
"""Every action's row."""

if set(RULES) != set(Action):
    raise ValueError(f"permissions: no row for {', '.join(sorted(set(Action) - set(RULES)))}")
