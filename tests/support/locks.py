"""One project locked by every tool. Fictional: no such package exists, and every hash is a made-up pattern.

``lantern`` 2.1.0 needs ``wick`` 1.4.0, which needs ``glass`` 3.0.1; ``snuffer`` 0.9.0 is for its development, where the
format can say so, and ``oil`` comes from a git repository, where the format can hold one.
"""

import base64

WICK, GLASS, SNUFFER = "aa" * 32, "bb" * 32, "cc" * 32
COMMIT = "1234567890abcdef" * 2 + "12345678"
SHA1 = "dd" * 20


def sri(hexadecimal: str) -> str:
    """A SHA-512 pattern as subresource integrity."""
    return "sha512-" + base64.b64encode(bytes.fromhex(hexadecimal) * 2).decode()


def h1(hexadecimal: str) -> str:
    return "h1:" + base64.b64encode(bytes.fromhex(hexadecimal)).decode()


PYLOCK = f"""\
lock-version = "1.0"
created-by = "candle"
dependency-groups = ["dev"]

[[packages]]
name = "Wick"
version = "1.4.0"
dependencies = [{{ name = "glass" }}]
sdist = {{ url = "https://registry.example/wick-1.4.0.tar.gz", size = 12, hashes = {{ sha256 = "{WICK}" }} }}
wheels = [{{ url = "https://registry.example/wick-1.4.0-py3-none-any.whl", hashes = {{ sha256 = "{GLASS}" }} }}]

[[packages]]
name = "glass"
version = "3.0.1"
marker = "python_version >= '3.11' or 'clear' in extras"
wheels = [
  {{ upload-time = 2026-03-01T10:00:00Z, url = "https://registry.example/glass.whl", hashes = {{ sha256 = "{GLASS}" }} }},
]

[[packages]]
name = "snuffer"
version = "0.9.0"
marker = "('dev' in dependency_groups and os_name == 'posix') or 'dev' in dependency_groups"
wheels = [{{ path = "wheels/snuffer-0.9.0-py3-none-any.whl", hashes = {{ sha256 = "{SNUFFER}" }} }}]

[[packages]]
name = "oil"
version = "0.1"
vcs = {{ type = "git", url = "https://git.example/oil", commit-id = "{COMMIT}" }}

[[packages]]
name = "lantern"
directory = {{ path = ".", editable = true }}
"""

UV = f"""\
version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "glass"
version = "3.0.1"
source = {{ registry = "https://registry.example/simple" }}
wheels = [{{ url = "https://registry.example/glass-3.0.1-py3-none-any.whl", hash = "sha256:{GLASS}", size = 9 }}]

[[package]]
name = "lantern"
version = "2.1.0"
source = {{ editable = "." }}
dependencies = [{{ name = "wick" }}, {{ name = "oil" }}]

[package.optional-dependencies]
fancy = [{{ name = "shade" }}]

[package.dev-dependencies]
dev = [{{ name = "snuffer" }}]

[[package]]
name = "oil"
version = "0.1"
source = {{ git = "https://git.example/oil?rev=main#{COMMIT}" }}

[[package]]
name = "shade"
version = "5.0"
source = {{ url = "https://files.example/shade-5.0-py3-none-any.whl" }}
wheels = [{{ url = "https://files.example/shade-5.0-py3-none-any.whl", hash = "sha256:{SNUFFER}" }}]

[[package]]
name = "snuffer"
version = "0.9.0"
source = {{ registry = "https://registry.example/simple" }}
sdist = {{ url = "https://registry.example/snuffer-0.9.0.tar.gz", hash = "sha256:{SNUFFER}" }}

[[package]]
name = "wick"
version = "1.4.0"
source = {{ registry = "https://registry.example/simple" }}
dependencies = [{{ name = "glass", version = "3.0.1", source = {{ registry = "https://registry.example/simple" }} }}]
sdist = {{ url = "https://registry.example/wick-1.4.0.tar.gz", hash = "sha256:{WICK}" }}
wheels = [{{ url = "https://registry.example/wick-1.4.0-py3-none-any.whl", hash = "sha256:{GLASS}" }}]
"""

POETRY = f"""\
[[package]]
name = "glass"
version = "3.0.1"
description = "A glass"
optional = false
python-versions = ">=3.8"
groups = ["main", "dev"]
files = [{{file = "glass-3.0.1-py3-none-any.whl", hash = "sha256:{GLASS}"}}]

[[package]]
name = "oil"
version = "0.1"
description = ""
optional = false
python-versions = "*"
groups = ["main"]
files = []

[package.source]
type = "git"
url = "https://git.example/oil"
reference = "main"
resolved_reference = "{COMMIT}"

[[package]]
name = "snuffer"
version = "0.9.0"
description = ""
optional = false
python-versions = "*"
groups = ["dev"]
markers = {{dev = "os_name == 'posix'"}}
files = [{{file = "snuffer-0.9.0.tar.gz", hash = "sha256:{SNUFFER}"}}]

[[package]]
name = "Wick"
version = "1.4.0"
description = ""
optional = false
python-versions = "*"
groups = ["main"]
markers = "os_name == 'posix'"
files = [
    {{file = "wick-1.4.0-py3-none-any.whl", hash = "sha256:{GLASS}"}},
    {{file = "wick-1.4.0.tar.gz", hash = "sha256:{WICK}"}},
]

[package.dependencies]
glass = [{{version = ">=3", markers = "os_name == 'posix'"}}, {{version = ">=2"}}]
windows-only = {{version = "*", optional = true}}

[metadata]
lock-version = "2.1"
python-versions = ">=3.11"
content-hash = "{WICK}"
"""

POETRY_1 = f"""\
[[package]]
name = "snuffer"
version = "0.9.0"
description = ""
category = "dev"
optional = false
python-versions = "*"

[[package]]
name = "wick"
version = "1.4.0"
description = ""
category = "main"
optional = false
python-versions = "*"

[metadata]
lock-version = "1.1"
python-versions = "*"
content-hash = "{WICK}"

[metadata.files]
snuffer = [{{file = "snuffer-0.9.0.tar.gz", hash = "sha256:{SNUFFER}"}}]
wick = [{{file = "wick-1.4.0.tar.gz", hash = "sha256:{WICK}"}}]
"""

PIPFILE = f"""\
{{
    "_meta": {{"hash": {{"sha256": "{WICK}"}}, "pipfile-spec": 6, "requires": {{}}, "sources": []}},
    "default": {{
        "glass": {{"hashes": ["sha256:{GLASS}"], "markers": "os_name == 'posix'", "version": "==3.0.1"}},
        "lantern": {{"editable": true, "path": "."}},
        "oil": {{"git": "https://git.example/oil", "ref": "{COMMIT}"}},
        "wick": {{"hashes": ["sha256:{GLASS}", "sha256:{WICK}"], "index": "pypi", "version": "==1.4.0"}}
    }},
    "develop": {{"snuffer": {{"hashes": ["sha256:{SNUFFER}"], "version": "==0.9.0"}}}}
}}
"""

REQUIREMENTS = f"""\
# fictional
--index-url https://registry.example/simple
glass==3.0.1 ; python_version >= "3.11" \\
    --hash=sha256:{GLASS}
    # via wick
oil @ git+https://git.example/oil@{COMMIT}
    # via lantern (pyproject.toml)
Wick==1.4.0 \\
    --hash=sha256:{WICK} \\
    --hash sha256:{GLASS}
    # via
    #   lantern (pyproject.toml)
    #   -r extra.in
"""

NPM = f"""\
{{
  "name": "lantern", "version": "2.1.0", "lockfileVersion": 3, "requires": true,
  "packages": {{
    "": {{"name": "lantern", "version": "2.1.0", "license": "Apache-2.0", "workspaces": ["packages/base"],
      "dependencies": {{"wick": "^1", "oil": "git+https://git.example/oil"}}, "devDependencies": {{"snuffer": "*"}}}},
    "node_modules/@lighthouse/base": {{"resolved": "packages/base", "link": true}},
    "node_modules/glass": {{"version": "2.0.0", "integrity": "{sri(SNUFFER)}", "dev": true}},
    "node_modules/oil": {{"version": "0.1.0", "resolved": "git+ssh://git@git.example/oil.git#{COMMIT}"}},
    "node_modules/snuffer": {{"version": "0.9.0", "dev": true, "license": "MIT",
      "resolved": "https://registry.example/snuffer-0.9.0.tgz", "integrity": "{sri(SNUFFER)}",
      "dependencies": {{"glass": "^2"}}}},
    "node_modules/wick": {{"version": "1.4.0", "license": "MIT", "integrity": "{sri(WICK)}",
      "dependencies": {{"glass": "^3", "thread": "1"}}, "optionalDependencies": {{"absent": "*"}},
      "bundleDependencies": ["thread"]}},
    "node_modules/wick/node_modules/glass": {{"version": "3.0.1", "integrity": "{sri(GLASS)}"}},
    "node_modules/wick/node_modules/thread": {{"version": "1.0.0", "inBundle": true}},
    "packages/base": {{"name": "@lighthouse/base", "version": "1.0.0", "dependencies": {{"wick": "*"}}}}
  }}
}}
"""

YARN = f"""\
# THIS IS AN AUTOGENERATED FILE. DO NOT EDIT THIS FILE DIRECTLY.
# yarn lockfile v1


"@lighthouse/base@>= 1 < 2", "@lighthouse/base@^1.0.0":
  version "1.0.0"
  resolved "https://registry.example/@lighthouse/base/-/base-1.0.0.tgz#{SHA1}"

glass@^3.0.0, glass@~3.0.1:
  version "3.0.1"
  resolved "https://registry.example/glass/-/glass-3.0.1.tgz#{SHA1}"
  integrity {sri(GLASS)}

"oil@git+https://git.example/oil":
  version "0.1.0"
  resolved "git+https://git.example/oil#{COMMIT}"

"string-alias@npm:wick@^1.4.0", wick@^1.4.0:
  version "1.4.0"
  resolved "https://registry.example/wick/-/wick-1.4.0.tgz#{SHA1}"
  integrity {sri(WICK)}
  dependencies:
    "@lighthouse/base" ">= 1 < 2"
    glass "^3.0.0"
  optionalDependencies:
    absent "*"
"""

YARN_BERRY = f"""\
# This file is generated by running "yarn install" inside your project.

__metadata:
  version: 8
  cacheKey: 10c0

"glass@npm:^3.0.0, glass@npm:~3.0.1":
  version: 3.0.1
  resolution: "glass@npm:3.0.1"
  checksum: 10c0/{GLASS}{GLASS}
  languageName: node
  linkType: hard

"lantern@workspace:.":
  version: 0.0.0-use.local
  resolution: "lantern@workspace:."
  dependencies:
    oil: "https://git.example/oil.git"
    wick: "npm:^1.4.0"
  languageName: unknown
  linkType: soft

"oil@https://git.example/oil.git":
  version: 0.1.0
  resolution: "oil@https://git.example/oil.git#commit={COMMIT}"
  languageName: node
  linkType: hard

"wick@npm:^1.4.0":
  version: 1.4.0
  resolution: "wick@npm:1.4.0"
  dependencies:
    glass: "npm:^3.0.0"
  checksum: 10c0/{WICK}{WICK}
  languageName: node
  linkType: hard
"""

PNPM_9 = f"""\
lockfileVersion: '9.0'

settings:
  autoInstallPeers: true

importers:

  .:
    dependencies:
      oil:
        specifier: git+https://git.example/oil
        version: git+https://git.example/oil#{COMMIT}
      wick:
        specifier: ^1.4.0
        version: 1.4.0(glass@3.0.1)
    devDependencies:
      snuffer:
        specifier: '*'
        version: 0.9.0

packages:

  glass@3.0.1:
    resolution: {{integrity: {sri(GLASS)}}}

  oil@git+https://git.example/oil#{COMMIT}:
    resolution: {{commit: {COMMIT}, repo: https://git.example/oil, type: git}}
    version: 0.1.0

  snuffer@0.9.0:
    resolution: {{integrity: {sri(SNUFFER)}}}

  wick@1.4.0:
    resolution: {{integrity: {sri(WICK)}}}
    peerDependencies:
      glass: ^3.0.0

snapshots:

  glass@3.0.1: {{}}

  oil@git+https://git.example/oil#{COMMIT}: {{}}

  snuffer@0.9.0: {{}}

  wick@1.4.0(glass@3.0.1):
    dependencies:
      glass: 3.0.1
"""

PNPM_6 = f"""\
lockfileVersion: '6.0'

dependencies:
  wick:
    specifier: ^1.4.0
    version: 1.4.0(glass@3.0.1)

devDependencies:
  '@lighthouse/snuffer':
    specifier: '*'
    version: 0.9.0

packages:

  /@lighthouse/snuffer@0.9.0:
    resolution: {{integrity: {sri(SNUFFER)}}}
    dev: true

  /glass@3.0.1:
    resolution: {{integrity: {sri(GLASS)}}}
    dev: false

  /wick@1.4.0(glass@3.0.1):
    resolution: {{integrity: {sri(WICK)}}}
    dependencies:
      glass: 3.0.1
    dev: false
"""

PNPM_5 = f"""\
lockfileVersion: 5.4

specifiers:
  '@lighthouse/snuffer': '*'
  wick: ^1.4.0

dependencies:
  wick: 1.4.0_glass@3.0.1

devDependencies:
  '@lighthouse/snuffer': 0.9.0

packages:

  /@lighthouse/snuffer/0.9.0:
    resolution: {{integrity: {sri(SNUFFER)}}}
    dev: true

  /glass/3.0.1:
    resolution: {{integrity: {sri(GLASS)}}}
    dev: false

  /wick/1.4.0_glass@3.0.1:
    resolution: {{integrity: {sri(WICK)}}}
    dependencies:
      glass: 3.0.1
    dev: false
"""

CARGO = f"""\
version = 4

[[package]]
name = "glass"
version = "2.0.0"
source = "registry+https://registry.example/index"
checksum = "{SNUFFER}"

[[package]]
name = "glass"
version = "3.0.1"
source = "registry+https://registry.example/index"
checksum = "{GLASS}"

[[package]]
name = "lantern"
version = "2.1.0"
dependencies = ["glass 2.0.0", "lantern-core", "oil", "wick"]

[[package]]
name = "lantern-core"
version = "2.1.0"

[[package]]
name = "oil"
version = "0.1.0"
source = "git+https://git.example/oil?branch=main#{COMMIT}"

[[package]]
name = "wick"
version = "1.4.0"
source = "registry+https://registry.example/index"
checksum = "{WICK}"
dependencies = ["glass 3.0.1 (registry+https://registry.example/index)"]
"""

CARGO_1 = f"""\
[[package]]
name = "lantern"
version = "2.1.0"
dependencies = [
 "wick 1.4.0 (registry+https://registry.example/index)",
]

[[package]]
name = "wick"
version = "1.4.0"
source = "registry+https://registry.example/index"

[metadata]
"checksum wick 1.4.0 (registry+https://registry.example/index)" = "{WICK}"
"""

GO_MOD = """\
module git.example/lighthouse/lantern // the project

go 1.23.0

toolchain go1.24.1

require git.example/candle/wick v1.4.0

require (
	git.example/candle/glass/v3 v3.0.1 // indirect
	"git.example/oil" v0.0.0-20260301100000-1234567890ab
	git.example/old v1.0.0
)

replace (
	git.example/oil => ../oil
	git.example/old v1.0.0 => git.example/new v1.2.0
)

exclude git.example/candle/wick v1.3.0
retract [v0.1.0, v0.2.0]
"""

GO_SUM = f"""\
git.example/candle/glass/v3 v3.0.1 {h1(GLASS)}
git.example/candle/glass/v3 v3.0.1/go.mod {h1(SNUFFER)}
git.example/candle/wick v1.3.0/go.mod {h1(SNUFFER)}
git.example/candle/wick v1.4.0 {h1(WICK)}
git.example/candle/wick v1.4.0/go.mod {h1(SNUFFER)}
"""

GEMFILE = f"""\
GIT
  remote: https://git.example/oil
  revision: {COMMIT}
  branch: main
  specs:
    oil (0.1.0)

PATH
  remote: .
  specs:
    lantern (2.1.0)
      wick (~> 1.4)

GEM
  remote: https://registry.example/
  specs:
    glass (3.0.1)
    glass (3.0.1-x86_64-linux)
    wick (1.4.0)
      glass (>= 3, < 4)

PLATFORMS
  ruby
  x86_64-linux

DEPENDENCIES
  lantern!
  oil!
  wick (~> 1.4)

CHECKSUMS
  glass (3.0.1) sha256={GLASS}
  glass (3.0.1-x86_64-linux) sha256={SNUFFER}
  lantern (2.1.0)
  oil (0.1.0)
  wick (1.4.0) sha256={WICK}

BUNDLED WITH
   2.6.2
"""

COMPOSER = f"""\
{{
    "_readme": ["fictional"],
    "content-hash": "{"ee" * 16}",
    "packages": [
        {{"name": "candle/Glass", "version": "v3.0.1", "license": ["MIT", "GPL-2.0-only"],
          "source": {{"type": "git", "url": "https://git.example/glass.git", "reference": "{COMMIT}"}},
          "dist": {{"type": "zip", "url": "https://registry.example/glass.zip", "reference": "{COMMIT}", "shasum": ""}},
          "require": {{"php": ">=8.1"}}}},
        {{"name": "candle/wick", "version": "1.4.0", "license": ["MIT"],
          "dist": {{"type": "zip", "url": "https://registry.example/wick.zip", "reference": null, "shasum": "{SHA1}"}},
          "require": {{"php": ">=8.1", "candle/glass": "^3"}}}},
        {{"name": "candle/oil", "version": "dev-main", "require": [],
          "source": {{"type": "git", "url": "https://git.example/oil.git", "reference": "{COMMIT}"}}}}
    ],
    "packages-dev": [
        {{"name": "candle/snuffer", "version": "0.9.0",
          "dist": {{"type": "path", "url": "../snuffer", "reference": "{SHA1}"}}}}
    ]
}}
"""

EXAMPLES: dict[str, bytes] = {
    name: text.encode()
    for name, text in {
        "pylock.toml": PYLOCK,
        "uv.lock": UV,
        "poetry.lock": POETRY,
        "old/poetry.lock": POETRY_1,
        "Pipfile.lock": PIPFILE,
        "requirements.txt": REQUIREMENTS,
        "package-lock.json": NPM,
        "yarn.lock": YARN,
        "berry/yarn.lock": YARN_BERRY,
        "pnpm-lock.yaml": PNPM_9,
        "six/pnpm-lock.yaml": PNPM_6,
        "five/pnpm-lock.yaml": PNPM_5,
        "Cargo.lock": CARGO,
        "old/Cargo.lock": CARGO_1,
        "go.mod": GO_MOD,
        "go.sum": GO_SUM,
        "Gemfile.lock": GEMFILE,
        "composer.lock": COMPOSER,
    }.items()
}
"""Path to bytes, for every format and variant."""
