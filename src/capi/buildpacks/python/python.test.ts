import assert from "node:assert/strict";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type Ended, type FileTree, plainEnv, runToEnd, StagingBench } from "../../lifecycle/testing/staging-bench.ts";
import { addSystemBuildpack } from "../testing/pack-bench.ts";

/**
 * Stands for Python: as `-m pip install` it tells what it was asked and what the list says, and makes a program; with a script it tells that.
 * `uv`, when installed into a folder, lists and makes another Python.
 */
const PYTHON = `#!/bin/bash
case "$*" in
"-m pip --version") echo "pip 1 from $PYTHONHOME" ;;
*"--target "*)
  target=$(sed 's/.*--target \\([^ ]*\\).*/\\1/' <<< "$*"); mkdir -p "$target/bin"
  cat > "$target/bin/\${!#}" <<'TOOL'
#!/bin/bash
case "$*" in
"python list"*) [ -z "$UV_FAILS" ] || exit 1
  echo '[{"version":"3.12.7","implementation":"cpython"},{"version":"3.12.9","implementation":"pypy"}]' ;;
"python install"*) home=$UV_PYTHON_INSTALL_DIR/cpython-\${!#}; mkdir -p $home/bin $home/lib/python3.12 $home/include/python3.12
  echo '#define PY_VERSION "3.12.7"' > $home/include/python3.12/patchlevel.h
  touch $home/lib/python3.12/EXTERNALLY-MANAGED
  cp "$0.python" $home/bin/python3.12 ;;
export*) echo "flask==1 # from the lock file" ;;
esac
TOOL
  chmod 755 "$target/bin/\${!#}"; cp "$0" "$target/bin/\${!#}.python" ;;
*"-m pip install -r"*)
  echo "pip ran: $*"; cat "$5"; [ -z "$FAIL_WITH" ] || { echo "$FAIL_WITH"; exit 1; }
  mkdir -p $PYTHONHOME/local/bin $PYTHONHOME/local/lib/python3/dist-packages
  printf '#!%s\\nprint()\\n' "$PYTHONHOME/bin/python3" > $PYTHONHOME/local/bin/tool
  echo "$PYTHONHOME/x" > $PYTHONHOME/local/lib/python3/dist-packages/easy.pth
  chmod 755 $PYTHONHOME/local/bin/tool ;;
*manage.py*) [ -z "$FAIL_WITH" ] || { echo "$FAIL_WITH"; exit 1; }; echo "Copying a"; echo "3 static files copied" ;;
*) echo "python $*" ;;
esac
`;

/** Stands for the distribution, which has Python 3.11.2. */
const FETCH = `#!/bin/bash
[ "$1" = list ] && { echo 3.11; echo 3.9; exit; }
mkdir -p "$1/bin" "$1/lib"; echo "$2.2" > "$1/version"
cat > "$1/bin/python$2" <<'PYTHON'
${PYTHON}PYTHON
chmod 755 "$1/bin/python$2"
`;

interface Setting {
  readonly bench: StagingBench;
  stage(app: FileTree, env?: NodeJS.ProcessEnv): Promise<Ended>;
}

async function withSetting(use: (setting: Setting) => Promise<void>): Promise<void> {
  using bench = await StagingBench.open();
  await addSystemBuildpack(bench, "python");
  const program = bench.path("fetch-python"); // beside the runtimes, as in the lifecycle's folder
  assert.ok(existsSync(join(bench.lifecycleDir, "fetch-python")));
  writeFileSync(program, FETCH);
  chmodSync(program, 0o755);
  await use({
    bench,
    stage: async (app, env = {}) => {
      bench.writeApp(app);
      return await bench.stage(["python_buildpack"], [], { INGOT_RUNTIMES: bench.path("runtimes"), ...env });
    },
  });
}

const APP = { "requirements.txt": "-i https://index/simple\nflask==3\n", Procfile: "web: tool\n" };

test("the distribution's Python is installed with what requirements.txt says", () =>
  withSetting(async ({ bench, stage }) => {
    const ended = await stage(APP);
    assert.equal(ended.code, 0, ended.stdout + ended.stderr);
    assert.match(ended.stdout, /-----> Installing python 3\.11\.2/);
    assert.match(ended.stdout, /-----> Running Pip Install \(Unvendored\)/);
    assert.match(
      ended.stdout,
      /pip ran: -m pip install -r \S+ --ignore-installed .*\n-i https:\/\/index\/simple\nflask==3/,
    );
    assert.deepEqual(bench.result()["process_types"], { web: "tool" });
    const home = await bench.unpackDroplet();
    const tool = readFileSync(join(home, "deps/0/bin/tool"), "utf8");
    assert.match(tool, /^#!\/usr\/bin\/env python\n/);
    const script = `export DEPS_DIR=${home}/deps; for f in ${home}/profile.d/*.sh; do . $f; done; python --x; echo $PYTHONHOME; cat $PYTHONHOME/local/lib/python3/dist-packages/easy.pth`;
    const launched = await runToEnd("bash", ["-c", script], { env: plainEnv() });
    assert.equal(launched.stdout, `python --x\n${home}/deps/0/python\n${home}/deps/0/python/x\n`);
  }));

test("vendored packages are used without asking an index", () =>
  withSetting(async ({ bench, stage }) => {
    const ended = await stage({ ...APP, "vendor/flask-3.whl": "" });
    assert.equal(ended.code, 0, ended.stdout + ended.stderr);
    assert.ok(ended.stdout.includes(`--no-index --find-links=file://${bench.path("app")}/vendor`), ended.stdout);
    assert.ok(!ended.stdout.includes("https://index"));
  }));

test("another version comes by uv, and stays in the app's cache", () =>
  withSetting(async ({ bench, stage }) => {
    const app = { ...APP, "runtime.txt": "python-3.12.x\n" };
    const ended = await stage(app);
    assert.equal(ended.code, 0, ended.stdout + ended.stderr);
    assert.match(ended.stdout, /Download \[python 3\.12\.7 by uv\][\s\S]*-----> Installing python 3\.12\.7/);
    const home = await bench.unpackDroplet();
    assert.equal(existsSync(join(home, "deps/0/python/lib/python3.12/EXTERNALLY-MANAGED")), false);
    await runToEnd("tar", ["-xzf", bench.path("out", "cache"), "-C", bench.path("cache")]);
    const again = await stage(app, { UV_FAILS: "1" });
    assert.equal(again.code, 0, again.stdout + again.stderr);
    assert.match(again.stdout, /Installing python 3\.12\.7\n {7}Copy \[/);
  }));

test("a version that nobody has is said with what there is", () =>
  withSetting(async ({ stage }) => {
    const ended = await stage({ ...APP, "runtime.txt": "python-3.12.x" }, { UV_FAILS: "1" });
    assert.notEqual(ended.code, 0);
    assert.match(ended.stdout, /Could not install python: no match found for 3\.12\.x in \[3\.11\.2\]/);
    assert.match((await stage({ ...APP, "runtime.txt": "jython" })).stdout, /no version of Python: jython/);
  }));

test("lock files become requirements; an app without any is installed itself", () =>
  withSetting(async ({ stage }) => {
    const lock = { _meta: { requires: { python_version: "3.9" } }, default: { flask: { version: "==2" } } };
    const pipfile = await stage({ Pipfile: "", "Pipfile.lock": JSON.stringify(lock) });
    assert.match(
      pipfile.stdout,
      /Installing python 3\.9\.2[\s\S]*Generating 'requirements\.txt' from Pipfile\.lock[\s\S]*\nflask==2\n/,
    );
  }));

test("uv.lock and pyproject.toml", () =>
  withSetting(async ({ stage }) => {
    const pyproject = '[project]\nname = "a"\nrequires-python = ">=3.9,<3.11"\n';
    const own = await stage({ "pyproject.toml": pyproject });
    assert.match(own.stdout, /Installing python 3\.9\.2[\s\S]*pip ran: .*\n\.\n/);
    const locked = await stage({ "pyproject.toml": pyproject, "uv.lock": "" });
    assert.match(locked.stdout, /Generating 'requirements\.txt' with uv[\s\S]*flask==1 # from the lock file/);
  }));

test("Django's static files are collected, unless the app says no", () =>
  withSetting(async ({ stage }) => {
    const app = { "requirements.txt": "Django>=5\n", "site/manage.py": "DJANGO_SETTINGS_MODULE" };
    const ended = await stage(app);
    assert.match(
      ended.stdout,
      /Running python site\/manage\.py collectstatic --noinput --traceback\n {7}3 static files copied/,
    );
    assert.doesNotMatch((await stage(app, { DISABLE_COLLECTSTATIC: "1" })).stdout, /collectstatic/);
  }));

test("what pip says when it fails is shown with the reason", () =>
  withSetting(async ({ stage }) => {
    const ended = await stage({ ...APP, "vendor/x": "" }, { FAIL_WITH: "No matching distribution found for flask" });
    assert.notEqual(ended.code, 0);
    assert.match(ended.stdout, /No matching distribution found for flask\n/);
    assert.match(ended.stdout, /You need to include all dependencies in the vendor directory/);
    assert.match(ended.stdout, /Could not install pip packages: exit status 1/);
  }));
