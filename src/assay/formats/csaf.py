"""CSAF 2.0 and 2.1 advisories, reduced to what a VEX reader needs: products, and what is said of each vulnerability.

Of the mandatory tests (section 6.1) those are enforced without which the reading would be ambiguous: every product and group
id is defined (6.1.1, 6.1.4), once (6.1.2, 6.1.5), without cycles (6.1.3), with one status (6.1.6), and no CVE twice (6.1.23).
"""

from collections import Counter
from collections.abc import Iterator
from typing import Literal

import msgspec

from assay.errors import Malformed, TooLarge, Unsupported
from assay.formats import strict_json
from assay.formats.digest import LENGTHS
from assay.formats.text import shown

MAX_DOCUMENT = 64 * 1024 * 1024
MAX_PRODUCTS = 200_000
COMPONENT_OF = "_component_of"
"""Ending of the relationship categories that put one product inside another (section 3.2.2.4.1)."""
MAX_MENTIONS = 2_000_000
"""Product ids over all statuses, flags, threats and remediations, groups written out."""

Status = Literal["not_affected", "affected", "fixed", "under_investigation"]


class FileHash(msgspec.Struct, frozen=True):
    algorithm: str
    value: str


class Hashes(msgspec.Struct, frozen=True):
    file_hashes: tuple[FileHash, ...] = ()


class Helper(msgspec.Struct, frozen=True):
    """Product identification helper, section 3.1.3.3."""

    cpe: str = ""
    purl: str = ""
    purls: tuple[str, ...] = ()
    """2.1 only."""
    hashes: tuple[Hashes, ...] = ()


class FullProductName(msgspec.Struct, frozen=True):
    name: str
    product_id: str
    product_identification_helper: Helper = Helper()

    @property
    def names(self) -> tuple[str, ...]:
        """purls, CPE, file hashes as ``algorithm:hex``; the name where there is none of these."""
        helper = self.product_identification_helper
        hashes = (
            f"{item.algorithm}:{item.value.lower()}"
            for group in helper.hashes
            for item in group.file_hashes
            if LENGTHS.get(item.algorithm) == len(item.value)
        )
        found = tuple(
            dict.fromkeys(name for name in (helper.purl, *helper.purls, helper.cpe, *hashes) if name)
        )
        return found or (self.name,)


class Branch(msgspec.Struct, frozen=True):
    name: str
    branches: tuple["Branch", ...] = ()
    product: FullProductName | None = None


class Relationship(msgspec.Struct, frozen=True):
    category: str
    full_product_name: FullProductName
    product_reference: str
    relates_to_product_reference: str


class Subpath(msgspec.Struct, frozen=True):
    category: str
    next_product_reference: str


class ProductPath(msgspec.Struct, frozen=True):
    """2.1 writes relationships as paths."""

    beginning_product_reference: str
    full_product_name: FullProductName
    subpaths: tuple[Subpath, ...]


class Group(msgspec.Struct, frozen=True):
    group_id: str
    product_ids: tuple[str, ...]


class ProductTree(msgspec.Struct, frozen=True):
    branches: tuple[Branch, ...] = ()
    full_product_names: tuple[FullProductName, ...] = ()
    relationships: tuple[Relationship, ...] = ()
    product_paths: tuple[ProductPath, ...] = ()
    product_groups: tuple[Group, ...] = ()


class ProductStatus(msgspec.Struct, frozen=True):
    first_affected: tuple[str, ...] = ()
    first_fixed: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    known_affected: tuple[str, ...] = ()
    known_not_affected: tuple[str, ...] = ()
    last_affected: tuple[str, ...] = ()
    recommended: tuple[str, ...] = ()
    under_investigation: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    """2.1 only."""

    def by_status(self) -> dict[Status | Literal["unknown"], tuple[str, ...]]:
        """Section 6.1.6: the groups of statuses that exclude one another."""
        return {
            "affected": (*self.first_affected, *self.known_affected, *self.last_affected),
            "not_affected": self.known_not_affected,
            "fixed": (*self.first_fixed, *self.fixed),
            "under_investigation": self.under_investigation,
            "unknown": self.unknown,
        }


class About(msgspec.Struct, frozen=True):
    """A flag, threat or remediation: what is said, and of which products."""

    category: str = ""
    details: str = ""
    label: str = ""
    product_ids: tuple[str, ...] = ()
    group_ids: tuple[str, ...] = ()


class Identifier(msgspec.Struct, frozen=True):
    text: str


class Vulnerability(msgspec.Struct, frozen=True):
    cve: str = ""
    ids: tuple[Identifier, ...] = ()
    product_status: ProductStatus = ProductStatus()
    flags: tuple[About, ...] = ()
    threats: tuple[About, ...] = ()
    remediations: tuple[About, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for name in (self.cve, *(item.text for item in self.ids)) if name))


class Publisher(msgspec.Struct, frozen=True):
    name: str


class Tracking(msgspec.Struct, frozen=True):
    id: str
    current_release_date: str
    status: str


class Head(msgspec.Struct, frozen=True):
    category: str
    csaf_version: str
    publisher: Publisher
    tracking: Tracking
    title: str


class Document(msgspec.Struct, frozen=True):
    document: Head
    product_tree: ProductTree = ProductTree()
    vulnerabilities: tuple[Vulnerability, ...] = ()


class Product(msgspec.Struct, frozen=True):
    """A product id resolved; for a relationship, *names* are those of the whole and *parts* those of the component."""

    names: tuple[str, ...]
    parts: tuple[str, ...] = ()


class Statement(msgspec.Struct, frozen=True):
    """What the advisory says of one vulnerability in one product."""

    ids: tuple[str, ...]
    status: Status
    product: Product
    justification: str = ""
    impact: str = ""
    action: str = ""


class Advisory(msgspec.Struct, frozen=True):
    document: Document
    statements: tuple[Statement, ...]


def parse(data: bytes, *, what: str) -> Advisory:
    document = strict_json.decode(data, Document, what=what, limit=MAX_DOCUMENT)
    if document.document.csaf_version not in {"2.0", "2.1"}:
        version = shown(document.document.csaf_version, 20)
        raise Unsupported(f"{what} is CSAF {version!r}, expected 2.0 or 2.1")
    products = _products(document.product_tree, what)
    groups = _groups(document.product_tree, products, what)
    _no_cve_twice(document.vulnerabilities, what)
    budget = [MAX_MENTIONS]
    statements = tuple(
        statement
        for index, vulnerability in enumerate(document.vulnerabilities)
        for statement in _statements(
            vulnerability, products, groups, budget, f"{what} /vulnerabilities/{index}"
        )
    )
    return Advisory(document, statements)


def _products(tree: ProductTree, what: str) -> dict[str, Product]:
    """Every defined product id (6.1.1 to 6.1.3)."""
    products: dict[str, Product] = {}
    for full in (*tree.full_product_names, *_of_branches(tree.branches)):
        _define(products, full.product_id, Product(full.names), what)
    relations = (*tree.relationships, *(_as_relation(path, what) for path in tree.product_paths))
    waiting = {relation.full_product_name.product_id: relation for relation in relations}
    if len(waiting) != len(relations):
        counts = Counter(relation.full_product_name.product_id for relation in relations)
        raise Malformed(f"{what} defines the product id {shown(counts.most_common(1)[0][0], 80)!r} twice")
    _relate(products, waiting, what)
    for path in tree.product_paths:
        _defined(tuple(step.next_product_reference for step in path.subpaths), products, what)
    return products


def _as_relation(path: ProductPath, what: str) -> Relationship:
    """A path from a component to the whole it ends at; any other step makes the product one of its own."""
    if not path.subpaths:
        raise Malformed(f"{what} has a product path without steps, expected at least one")
    last = path.subpaths[-1]
    inside = all(step.category.endswith(COMPONENT_OF) for step in path.subpaths)
    category = last.category if inside else "installed_on"
    return Relationship(
        category, path.full_product_name, path.beginning_product_reference, last.next_product_reference
    )


def _define(products: dict[str, Product], name: str, product: Product, what: str) -> None:
    if name in products:
        raise Malformed(f"{what} defines the product id {shown(name, 80)!r} twice")
    if len(products) >= MAX_PRODUCTS:
        raise TooLarge(f"{what} has over {MAX_PRODUCTS} products")
    products[name] = product


def _relate(products: dict[str, Product], waiting: dict[str, Relationship], what: str) -> None:
    """Define relationships once both their ends are defined; each round defines at least one or refuses."""
    users: dict[str, list[str]] = {}
    missing: dict[str, int] = {}
    for name, relation in waiting.items():
        ends = {relation.product_reference, relation.relates_to_product_reference}
        for end in ends:
            if end not in products and end not in waiting:
                raise Malformed(f"{what} relates the product id {shown(end, 80)!r}, which it does not define")
            users.setdefault(end, []).append(name)
        missing[name] = sum(end not in products for end in ends)
    ready = [name for name, count in missing.items() if count == 0]
    while ready:
        name = ready.pop()
        _define(products, name, _related(products, waiting[name]), what)
        for user in users.get(name, ()):
            missing[user] -= 1
            if missing[user] == 0:
                ready.append(user)
    circular = [name for name, count in missing.items() if count > 0]
    if circular:
        raise Malformed(f"{what} defines the product id {shown(circular[0], 80)!r} through itself")


def _related(products: dict[str, Product], relation: Relationship) -> Product:
    """A component of a whole; "installed on" narrows the product, so it answers to its own names only."""
    own = relation.full_product_name
    if not relation.category.endswith(COMPONENT_OF):
        return Product(own.names)
    whole = products[relation.relates_to_product_reference]
    names = own.names if own.product_identification_helper != Helper() else ()
    return Product((*names, *whole.names), products[relation.product_reference].names)


def _of_branches(branches: tuple[Branch, ...]) -> Iterator[FullProductName]:
    pending = list(branches)
    while pending:
        branch = pending.pop()
        if branch.product is not None:
            yield branch.product
        pending.extend(branch.branches)


def _groups(tree: ProductTree, products: dict[str, Product], what: str) -> dict[str, tuple[str, ...]]:
    groups: dict[str, tuple[str, ...]] = {}
    for group in tree.product_groups:
        if group.group_id in groups:
            raise Malformed(f"{what} defines the group id {shown(group.group_id, 80)!r} twice")
        _defined(group.product_ids, products, what)
        groups[group.group_id] = group.product_ids
    return groups


def _defined(names: tuple[str, ...], products: dict[str, Product], what: str) -> None:
    for name in names:
        if name not in products:
            raise Malformed(f"{what} names the product id {shown(name, 80)!r}, which it does not define")


def _no_cve_twice(vulnerabilities: tuple[Vulnerability, ...], what: str) -> None:
    for cve, count in Counter(item.cve for item in vulnerabilities if item.cve).items():
        if count > 1:
            raise Malformed(f"{what} describes {shown(cve, 40)!r} {count} times, expected once")


def _statements(
    vulnerability: Vulnerability,
    products: dict[str, Product],
    groups: dict[str, tuple[str, ...]],
    budget: list[int],
    at: str,
) -> Iterator[Statement]:
    statuses = _statuses(vulnerability.product_status, products, at)
    budget[0] -= len(statuses)
    flags = _about(vulnerability.flags, products, groups, budget, at)
    _about(vulnerability.threats, products, groups, budget, at)
    threats = tuple(threat for threat in vulnerability.threats if threat.category == "impact")
    impacts = _about(threats, products, groups, budget, at)
    actions = _about(vulnerability.remediations, products, groups, budget, at)
    for name, status in statuses.items():
        if status == "unknown":
            continue
        yield Statement(
            ids=vulnerability.names,
            status=status,
            product=products[name],
            justification=flags[name].label if name in flags else "",
            impact=impacts[name].details if name in impacts else "",
            action=_action(actions[name]) if name in actions else "",
        )


def _action(remediation: About) -> str:
    return f"{remediation.category}: {remediation.details}"


def _statuses(
    status: ProductStatus, products: dict[str, Product], at: str
) -> dict[str, Status | Literal["unknown"]]:
    """Product id -> the one group of statuses it is in (6.1.6)."""
    _defined(status.recommended, products, at)
    found: dict[str, Status | Literal["unknown"]] = {}
    for group, names in status.by_status().items():
        _defined(names, products, at)
        for name in names:
            if found.setdefault(name, group) != group:
                raise Malformed(
                    f"{at} gives the product {shown(name, 80)!r} the statuses {found[name]} and {group}"
                )
    return found


def _about(
    items: tuple[About, ...],
    products: dict[str, Product],
    groups: dict[str, tuple[str, ...]],
    budget: list[int],
    at: str,
) -> dict[str, About]:
    """Product id -> the first item that names it, directly or by a group (6.1.4)."""
    found: dict[str, About] = {}
    for item in items:
        _defined(item.product_ids, products, at)
        for name in item.product_ids:
            found.setdefault(name, item)
        for group in item.group_ids:
            if group not in groups:
                raise Malformed(f"{at} names the group id {shown(group, 80)!r}, which is not defined")
            budget[0] -= len(groups[group])
            if budget[0] < 0:
                raise TooLarge(f"{at}: over {MAX_MENTIONS} mentions of products")
            for name in groups[group]:
                found.setdefault(name, item)
    return found
