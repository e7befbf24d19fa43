"""A project folder with a release and all evidence about it, from which the real commands make a bundle.

Works for any Python project: a wheel, a lock in pip's format and some sources. Provider, people and services are fictional.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec
from tests.scenario.honesty import documents, toml
from tests.scenario.honesty.documents import Package, signed

from assay.bootstrap import provide
from assay.bootstrap.provide import Prepared
from assay.evidence import lockfile
from assay.evidence.lockfile import Lockfile
from assay.formats import times

RELEASED = date(2026, 10, 20)
BUILT = datetime(2026, 10, 20, 8, tzinfo=UTC)
MADE = datetime(2026, 10, 21, 9, tzinfo=UTC)
"""When the provider attests."""
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
"""When the office judges."""
REPOSITORY = "https://git.example/lighthouse/{name}"
POLICY_EXPIRES = datetime(2027, 9, 1, tzinfo=UTC)

TOML = "assay.toml"
BILL = "sbom.cdx.json"
JUNIT = "evidence/junit.xml"
TESTED = "evidence/tests.intoto.json"
BUILT_BY = "evidence/provenance.intoto.json"
SARIF = "evidence/foghorn.sarif"
SCAN = "evidence/osv.json"
VEX = "evidence/app.openvex.json"
SCORECARD = "evidence/scorecard.json"
WORKFLOW = ".github/workflows/release.yml"
SECURITY_TXT = ".well-known/security.txt"
INSIGHTS = "security-insights.yml"
SECURITY_MD = "SECURITY.md"

Edit = Callable[[bytes], bytes]


class Project(msgspec.Struct, frozen=True):
    """What is real about it."""

    name: str
    version: str
    filename: str
    """Of the wheel."""
    wheel: bytes
    sources: Mapping[str, bytes]
    """Path -> bytes of what goes into the repository."""
    lock: str
    """Path among the sources; its name must be one that the collector knows."""

    @property
    def repository(self) -> str:
        return REPOSITORY.format(name=self.name)

    @property
    def purl(self) -> str:
        return f"pkg:pypi/{self.name}@{self.version}"

    @property
    def tag(self) -> str:
        return f"v{self.version}"


class Workspace:
    """The folder. Sources are changed with :meth:`write` and :meth:`edit` and then settled; evidence by either alone."""

    def __init__(self, folder: Path, project: Project) -> None:
        self.folder, self.project = folder, project
        self.commit = ""
        self.declared: dict[str, Any] = {}

    @classmethod
    def honest(cls, folder: Path, project: Project, declared: Mapping[str, Any]) -> "Workspace":
        """A new one in which everything is true; *declared* is laid over the sections of ``assay.toml`` written here."""
        made = cls(folder, project)
        for path, data in project.sources.items():
            made.write(path, data)
        made.write(f"dist/{project.filename}", project.wheel)
        for path, data in (
            (WORKFLOW, documents.WORKFLOW),
            (SECURITY_TXT, documents.security_txt(POLICY_EXPIRES)),
            (INSIGHTS, documents.insights(project.repository)),
        ):
            made.write(path, data)
        if SECURITY_MD not in project.sources:
            made.write(SECURITY_MD, documents.SECURITY_MD)
        made.git("init", "-q", "-b", "main", "--template=")
        made.git("config", "remote.origin.url", project.repository)
        made.write(".git/info/exclude", b"/dist/\n/evidence/\n/assay.toml\n/sbom.cdx.json\n")
        made.declared = dict(declared)
        made.settle()
        return made

    def copy(self, folder: Path) -> "Workspace":
        shutil.copytree(self.folder, folder, symlinks=True)
        made = Workspace(folder, self.project)
        made.commit, made.declared = self.commit, dict(self.declared)
        return made

    def path(self, path: str) -> Path:
        return self.folder / path

    def read(self, path: str) -> bytes:
        return self.path(path).read_bytes()

    def write(self, path: str, data: bytes) -> None:
        target = self.path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)

    def edit(self, path: str, change: Edit) -> None:
        before = self.read(path)
        after = change(before)
        assert after != before, f"the edit of {path} changes nothing"
        self.write(path, after)

    def rebuild(self, change: Edit) -> None:
        """Another wheel under the same name; evidence is then made for it."""
        self.edit(f"dist/{self.project.filename}", change)

    @property
    def wheel(self) -> bytes:
        return self.read(f"dist/{self.project.filename}")

    @property
    def files(self) -> dict[str, bytes]:
        return {self.project.filename: self.wheel}

    @property
    def lock(self) -> Lockfile:
        return lockfile.read(self.read(self.project.lock), name=self.project.lock)

    @property
    def packages(self) -> list[Package]:
        return [Package(package.name, package.version) for package in self.lock.packages]

    def settle(self) -> None:
        """Commit the sources as they are, tag them, and make the evidence anew."""
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", f"Release {self.project.version}")
        self.git("tag", "-f", self.project.tag)
        self.commit = self.git("rev-parse", "HEAD").strip()
        self.report()

    def report(self) -> None:
        """Everything that CI, scanners and the provider write about the release as it now is."""
        project, hit = self.project, self.packages[0]
        self.write(JUNIT, documents.junit(BUILT))
        self.write(SARIF, documents.sarif(project.repository, self.commit, BUILT))
        self.write(SCAN, documents.scan(self.packages, hit, BUILT))
        self.write(VEX, documents.openvex(project.purl, hit, BUILT))
        self.write(SCORECARD, documents.scorecard(project.repository, self.commit, BUILT))
        self.bind_tests()
        self.bind_build()
        self.declare()

    def bind_tests(self, **changes: Any) -> None:
        """Have CI sign that the JUnit report is of the commit; *changes* are arguments of the test-result."""
        said = {"report": self.read(JUNIT), "name": "junit.xml", "commit": self.commit, **changes}
        keys = said.pop("keys", documents.CI_KEYS)
        self.write(TESTED, signed(documents.result_of_tests(**said), keys))

    def bind_build(self, **changes: Any) -> None:
        """Have CI sign where the wheel was built from, and that the scan is of the same run."""
        project = self.project
        said = {
            "files": self.files,
            "repository": project.repository,
            "tag": project.tag,
            "commit": self.commit,
            "finished": BUILT,
            "byproducts": {"osv.json": self.read(SCAN)},
            **changes,
        }
        keys = said.pop("keys", documents.CI_KEYS)
        self.write(BUILT_BY, signed(documents.provenance(**said), keys))

    def declare(self, change: Callable[[dict[str, Any]], None] = lambda _: None) -> None:
        """Write ``assay.toml``."""
        project = self.project
        document: dict[str, Any] = {
            "products": [
                {
                    "name": project.name,
                    "version": project.version,
                    "released": RELEASED,
                    "in_scope": "released_after_cutoff",
                    "repository": project.repository,
                    "commit": self.commit,
                }
            ],
            **deepcopy(self.declared),
        }
        change(document)
        self.write(TOML, toml.encode(document))

    def keep_bill(self) -> None:
        """Put the bill that would be generated into the folder, so that it stays as it is now."""
        made = next(found for found in self.prepare().gathered.artifacts if found.kind == "sbom")
        self.write(BILL, made.data)

    def bill(self, change: Edit) -> None:
        """The bill that would be generated, changed."""
        self.keep_bill()
        self.edit(BILL, change)

    def prepare(self) -> Prepared:
        """What ``assay attest`` makes of the folder."""
        with _clock(MADE):
            return provide.prepare(self.folder, (), ())

    def git(self, *arguments: str) -> str:
        """Git as a fictional person at a fixed time, with nobody's configuration."""
        moment = f"{int(BUILT.timestamp())} +0000"
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            **{f"GIT_{who}_NAME": "A. Keeper (fictional)" for who in ("AUTHOR", "COMMITTER")},
            **{f"GIT_{who}_EMAIL": "keeper@lighthouse.example" for who in ("AUTHOR", "COMMITTER")},
            **{f"GIT_{who}_DATE": moment for who in ("AUTHOR", "COMMITTER")},
        }
        command = ["git", "-C", str(self.folder), *arguments]
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout


@contextmanager
def _clock(moment: datetime) -> Iterator[None]:
    before = os.environ.get("ASSAY_NOW")
    os.environ["ASSAY_NOW"] = times.encode(moment)
    try:
        yield
    finally:
        if before is None:
            del os.environ["ASSAY_NOW"]
        else:
            os.environ["ASSAY_NOW"] = before
