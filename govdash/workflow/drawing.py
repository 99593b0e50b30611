"""The road of a case for people to read: its table and its diagram, made from `CASE_FLOW`."""

from collections.abc import Iterator
from typing import Final

from govdash.core.vocab import CaseState
from govdash.workflow.flow import CASE_FLOW, END_STATES, STAGE, Effect, Step

#: Ends from which no action leads on.
_FINAL: Final = tuple(
    state for state in END_STATES if not any(origin is state for origin, _ in CASE_FLOW)
)


def table() -> str:
    """Return the transition table as Markdown."""
    head = (
        "| 状态 | 动作 | 到 | 必填 | 权限 | 时钟 | 告知 |",
        "|---|---|---|---|---|---|---|",
    )
    return "\n".join([*head, *_lines()])


def diagram() -> str:
    """Return the states and actions as the text of a Mermaid state diagram."""
    told = ["stateDiagram-v2"]
    told += [f'    state "{state.label}" as {state.value}' for state in CaseState]
    told.append(f"    [*] --> {CaseState.RECEIVED.value}: 登记")
    told += [
        f"    {state.value} --> {step.to.value}: {action.label}"
        for (state, action), step in CASE_FLOW.items()
    ]
    told += [f"    {state.value} --> [*]" for state in (CaseState.CLOSED, *_FINAL)]
    return "\n".join(told)


def _lines() -> Iterator[str]:
    for (state, action), step in CASE_FLOW.items():
        asked = "、".join(need.label for need in step.requires) or "—"
        told = "、".join(party.label for party in step.tells) or "—"
        yield (
            f"| {state.label} | {action.label} | {step.to.label} | {asked} | `{step.needs}` "
            f"| {_clock(step)} | {told} |"
        )


def _clock(step: Step) -> str:
    if step.effect is Effect.STOP:
        return "停止"
    word = "暂停" if step.effect is Effect.PAUSE else "计时"
    return f"{word}·{STAGE[step.to].label}"
