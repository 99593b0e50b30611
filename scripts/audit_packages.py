"""Ask for known vulnerabilities of the pinned packages, and say plainly what could not be asked.

Exit 1 when one is known. A mirror of the registry often knows no vulnerabilities: then nothing is
proved, and that is said, but it is no failure of the project.
"""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PINS = ROOT / "requirements.txt"
#: Known vulnerabilities that do not concern govdash: id → why.
ACCEPTED: dict[str, str] = {}


def main() -> int:
    """Run pip-audit on the pins of what runs, and tell what came of it."""
    program = Path(sys.executable).with_name("pip-audit")
    words = ["-r", str(PINS), "--no-deps", "--disable-pip", "-f", "json", "--progress-spinner=off"]
    done = subprocess.run(  # noqa: S603  # our own words, no shell
        [program, *words], capture_output=True, text=True, check=False, timeout=600
    )
    try:
        told = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        print(f"pip-audit：软件包登记处没有应答，没有核对任何软件包。\n{done.stderr[-500:]}")
        return 0
    unasked = [package["name"] for package in told if "skip_reason" in package]
    known = [
        f"{package['name']} {package['version']}：{found['id']}，修复于 "
        f"{'、'.join(found['fix_versions']) or '（尚无）'}"
        for package in told
        for found in package.get("vulns", ())
        if found["id"] not in ACCEPTED
    ]
    print(f"pip-audit：核对了 {len(told) - len(unasked)} 个软件包，{len(known)} 处已知漏洞。")
    if unasked:
        print(
            f"pip-audit：{len(told)} 个软件包中有 {len(unasked)} 个登记处没有应答，没有核对；"
            "请在能访问公网登记处的机器上再运行一次。"
        )
    for line in known:
        print(line)
    return 1 if known else 0


if __name__ == "__main__":
    sys.exit(main())
