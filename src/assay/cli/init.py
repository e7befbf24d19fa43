"""``assay init``: write a commented ``assay.toml``."""

import sys
from pathlib import Path

import typer

from assay.cli.output import Json, emit, out
from assay.errors import Duplicate

TEMPLATE = """\
# What {name} declares about its software. Every key is described in Assay's documentation, docs/settings.md.
# Nothing is claimed until you claim it: lines that start with "#" are not read.

# customers = []     # when you have none; otherwise list them at [[customers]] below

[provider]
name = {provider}
# address = ""
# city = ""
# region = ""
# postal_code = ""
# country = ""
# website = ""

[contact]            # a person, a role or a group
name = {contact}
email = {email}
# title = ""
# phone = ""

[submission]
kind = "new"                         # new | following_extension_or_waiver | revised
scope = "individual_product"         # company_wide | individual_product | multiple_products_or_specific_versions
notify = false                       # true: you will give notice when the statement is no longer true
# binds_future_versions = true
# extension = "what extension or waiver this follows"
# replaces = "sha256:..."            # payload digest of the attestation that a revised one replaces

[[products]]
name = {product}
# version = ""                       # taken from the release file when left out
# released = 2026-01-31
# in_scope = "released_after_cutoff" # released_after_cutoff | major_version_after_cutoff | continuous_delivery | voluntary
# repository = "https://git.example/you/{product_plain}"
# commit = "HEAD"                    # or the full commit that the release was made from

# Claims: only what is listed is attested, the rest is answered "no".
[claims]
# "cisa-form@2024-03" = ["2", "3", "4", "4.a", "4.b", "4.c"]   # or "all"

# What cannot be attested goes into the plan of action and milestones.
# [[milestones]]
# requirement = "cisa-form@2024-03#1.c"
# weakness = "two build accounts have no second factor"
# action = "enrol them"
# owner = "head of engineering"
# due = 2027-03-31

# One sign-off: a signatory with authority to bind, or a third-party assessment.
# [signatory]
# name = ""
# title = ""
# authority = "chief_executive"      # or designee, with delegation = "path of the document"
# signed = 2026-01-31
# [assessment]
# assessor = ""
# listing = "fedramp_3pao"           # or approved_in_writing, with approval = "path of the letter"
# report = "path of the report"

# Your customers. Never published; only a commitment to the list is. If there are none, say so at the top of this file.
# [[customers]]
# name = ""
# id = {{ scheme = "uei", value = "" }}
# contact = ""
# products = [{product}]

# Facts about your environments that only you know.
# Topics: separation, logging, multi_factor, conditional_access, minimised_tools, encryption, monitoring.
# [[environment]]
# topic = "multi_factor"
# statement = "every account that can change source or builds has a second factor"
# covered = 12
# total = 12
# stated = 2026-01-31
# role = "head of security"

# Files that are evidence but cannot be told by their name.
# [[artifacts]]
# path = "docs/threat-model.md"
# title = "Threat model"
# description = "reviewed for each major version"
# requirements = ["nist-ssdf@1.1#PW.1.1"]
"""


def init(
    path: Path = typer.Argument(Path(), exists=True, file_okay=False, help="Folder of the project."),
    force: bool = typer.Option(False, "--force", help="Replace an assay.toml that is there."),
    json: bool = Json,
) -> None:
    """Write a commented assay.toml; asks on a terminal, not in a pipe."""
    from assay.adapters.filesystem import write_whole
    from assay.collect.source_tree import describe
    from assay.config import NAME, parse
    from assay.formats.strict_toml import quoted
    from assay.formats.text import shown

    target = path / NAME
    if target.exists() and not force:
        raise Duplicate(f"{target} is there already; --force replaces it")
    product = describe(path).called(path)
    answers = {"provider": "", "contact": "", "email": "", "product": product}
    if sys.stdin.isatty() and sys.stdout.isatty() and not json:
        answers = {
            "provider": typer.prompt("Provider (company or project)", default=""),
            "contact": typer.prompt("Primary contact (person, role or group)", default=""),
            "email": typer.prompt("Contact e-mail", default=""),
            "product": typer.prompt("Product", default=product),
        }
    written = {name: quoted(value) for name, value in answers.items()}
    text = TEMPLATE.format(
        **written,
        # These two stand in comments, which a line break would end.
        name=shown(answers["provider"]) or "this project",
        product_plain=shown(answers["product"]),
    )
    parse(text.encode())
    write_whole(target, text.encode())
    if json:
        emit({"written": str(target.resolve())})
    else:
        out().print(f"wrote {target}; next: fill it in, then `assay trial {path}`")
