"""How much personal data the masker finds, and how much it hides in vain.

Run: ``python -m benchmarks masking [--texts 20000] [--seed 11]``. Presidio is judged in the same
run where it is installed (``pip install presidio-analyzer``; no model is loaded): with patterns
of its own kind, check digits and context words, and its own recognisers of mail and cards.
"""

import argparse
import logging
import re
import sys
import time
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from _masking_hand import SENTENCES, UNSEEN, sentences
from _masking_judge import Finder, Judged, Span, judge
from _masking_set import KINDS, Text, make

from govdash.language import masking, papers


def ours(text: str) -> Iterable[Span]:
    """Return what our masker hides."""
    return [(found.kind.value, found.start, found.end) for found in masking.find(text)]


def presidio() -> dict[str, Finder]:
    """Presidio's analyser on a blank pipeline, with usual recognisers and with ours."""
    import spacy
    from presidio_analyzer import (
        AnalyzerEngine,
        EntityRecognizer,
        Pattern,
        PatternRecognizer,
        RecognizerRegistry,
        RecognizerResult,
    )
    from presidio_analyzer.nlp_engine import SpacyNlpEngine
    from presidio_analyzer.predefined_recognizers import CreditCardRecognizer, EmailRecognizer

    class Blank(SpacyNlpEngine):
        def __init__(self) -> None:
            super().__init__()
            self.nlp = {"zh": spacy.blank("zh")}

    class Identity(PatternRecognizer):
        def validate_result(self, pattern_text: str) -> bool:
            bare = re.sub(r"\W", "", pattern_text).upper()
            return len(bare) == 18 and papers.is_identity(bare)

    class Ours(EntityRecognizer):
        def load(self) -> None:
            pass

        def analyze(
            self,
            text: str,
            entities: list[str],
            nlp_artifacts: object,  # noqa: ARG002 - Presidio calls it by name
        ) -> list[RecognizerResult]:
            return [
                RecognizerResult(kind, start, end, 1.0)
                for kind, start, end in ours(text)
                if kind in entities
            ]

    def by(entity: str, regex: str, context: list[str]) -> PatternRecognizer:
        return PatternRecognizer(
            entity, supported_language="zh", patterns=[Pattern(entity, regex, 0.5)], context=context
        )

    s, han = r"[\s\-.·]?", r"[\u4e00-\u9fff]"
    usual = (
        by("phone", rf"(?<!\d)(?:\+?86)?{s}1[3-9]\d{s}\d{{4}}{s}\d{{4}}(?!\d)", ["电话", "手机"]),
        by("phone", r"(?<!\d)\(?0\d{2,3}\)?[\s\-]?[2-9]\d{6,7}(?!\d)", ["座机"]),
        by("phone", r"(?<!\d)400[\s\-]?\d{3}[\s\-]?\d{4}(?!\d)", []),
        Identity("identity", supported_language="zh", patterns=[Pattern("i", rf"(?<!\d)\d{{6}}{s}\d{{8}}{s}\d{{3}}[\dXx](?!\d)", 0.5)]),
        by("plate", rf"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z]{s}[A-Z0-9]{{4,5}}[A-Z0-9学警挂港澳]", ["车牌"]),
        by("name", rf"(?<=联系人：){han}{{2,3}}|(?<=姓名：){han}{{2,3}}|{han}{{2,3}}(?=先生|女士)", []),
        by("home", r"\d+(?:号楼|栋|幢|弄|号)\d+(?:单元|室|号)?\d*室?", ["住"]),
        CreditCardRecognizer(supported_language="zh"), EmailRecognizer(supported_language="zh"),
    )  # fmt: skip
    carried = Ours([*KINDS, "chat"], supported_language="zh")
    renamed = {"CREDIT_CARD": "card", "EMAIL_ADDRESS": "mail"}

    def made(recognisers: Iterable[EntityRecognizer]) -> Finder:
        registry = RecognizerRegistry(supported_languages=["zh"])
        for recogniser in recognisers:
            registry.add_recognizer(recogniser)
        engine = AnalyzerEngine(registry=registry, nlp_engine=Blank(), supported_languages=["zh"])
        return lambda text: [
            (renamed.get(found.entity_type, found.entity_type), found.start, found.end)
            for found in engine.analyze(text, language="zh")
        ]

    return {"presidio, usual recognisers": made(usual), "presidio, our finders": made([carried])}


def report(title: str, judged: Judged, texts: list[Text], seconds: float) -> None:
    """Print precision and recall by kind."""
    characters = sum(len(t.text) for t in texts)
    print(
        f"\n{title}: {len(texts)} texts, {characters / seconds / 1000:.0f} thousand characters a second"
    )
    print("kind       secrets   recall  precision")
    for kind in KINDS:
        print(
            f"{kind:<10} {judged.secrets[kind]:>7}   {judged.recall(kind):.4f}     {judged.precision(kind):.4f}"
        )


def main() -> None:
    """Judge the finders that are here on the generated set and the sentences written by hand."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--texts", type=int, default=20_000)
    arguments.add_argument("--seed", type=int, default=11)
    told = arguments.parse_args()
    sets = {"generated": make(told.texts, seed=told.seed), "by hand": sentences(SENTENCES + UNSEEN)}
    finders: dict[str, Finder] = {"govdash": ours}
    if find_spec("presidio_analyzer"):
        logging.disable(logging.CRITICAL)  # it tells at length that it may not reach the network
        finders |= presidio()
    else:
        print("presidio-analyzer is not installed; it is left out")
    for set_name, texts in sets.items():
        for name, finder in finders.items():
            part = texts if name == "govdash" else texts[:2_000]
            begin = time.process_time()
            judged = judge(part, finder)
            report(f"{name}, {set_name}", judged, part, time.process_time() - begin)


if __name__ == "__main__":
    main()
