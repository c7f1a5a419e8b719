"""The stories are repeatable, their probabilities exact, their words as promised."""

import hashlib
import math
import re

import pytest

import stories

SMALL_GRAMMAR = "{hero:children} met {pet.a:pets}. [We|It [ate|ran]|The {pet}] sat."


@pytest.fixture(scope="module")
def many():
    return stories.write_stories(5000, seed=1)


def first_story(phrase: str) -> str:
    return next(story.text for story in stories.iter_stories(3) if phrase in story.text)


def test_first_stories_are_the_pinned_ones():
    text = "\n".join(story.text for story in stories.write_stories(1000))
    assert hashlib.sha256(text.encode()).hexdigest() == stories.SHA256_FIRST_1000


def test_more_stories_begin_with_the_same_ones():
    assert stories.write_stories(5, 7) == stories.write_stories(10, 7)[:5]


def test_seeds_differ():
    assert stories.write_stories(5, 0) != stories.write_stories(5, 1)


def test_reading_a_story_back_gives_its_only_derivation(many):
    for story in many[:500]:
        (found,) = stories.derivations(story.text)
        assert found == pytest.approx(story.logprob, abs=1e-9)
        assert stories.score(story.text) == pytest.approx(story.logprob, abs=1e-9)


def bounds(node, seen: dict) -> tuple[int, int]:
    """Fewest and most spaces and line ends that a node can write."""
    if isinstance(node, stories.Sequence):
        pairs = [bounds(part, seen) for part in node.parts]
        return sum(low for low, _ in pairs), sum(high for _, high in pairs)
    if isinstance(node, stories.Choice):
        pairs = [bounds(option, seen) for option in node.options]
        return min(low for low, _ in pairs), max(high for _, high in pairs)
    if isinstance(node, stories.Entry):
        seen.setdefault(node.name, []).append(node.forms)
    texts = [node.text]
    if isinstance(node, stories.Recall):  # KeyError here: recalled before it was drawn
        texts = [forms[node.form] for forms in seen[node.name]]
    spaces = [sum(map(str.isspace, text)) for text in texts]
    return min(spaces), max(spaces)


@pytest.mark.parametrize("plot", stories.PLOTS)
def test_no_story_can_be_shorter_than_60_words_or_longer_than_150(plot):
    title_and_plot = stories.Sequence([stories.parse(stories.TITLE), stories.Text(" "),
                                       stories.parse(stories.PLOTS[plot])])
    fewest, most = bounds(title_and_plot, {})
    assert fewest + 1 >= 60
    assert most + 1 <= 150


def test_lengths_and_spacing_of_written_stories(many):
    for text, _ in many:
        assert 60 <= len(text.split()) <= 150
        assert text.count("\n") in (2, 3, 4) and text[-1] in '."'
        assert not re.search(r"  |\s\n|\n\s|[{}\[\]|]| [.,!?]", text)


def test_articles_fit(many):
    text = " ".join(story.text for story in many)
    assert not re.search(r"\b[Aa] ([aeiou]|hour)|\b[Aa]n (?!hour)[^aeiou]", text)


def test_at_least_1000_distinct_words(many):
    words = {word for s in many for word in re.findall("[a-z]+", s.text.lower())}
    assert len(words) >= 1000


def test_every_lexicon_entry_is_distinct():
    for entries in stories.LEXICONS.values():
        assert len({forms[""] for forms in entries}) == len(entries)


@pytest.mark.parametrize("word", ["name", "pronoun", "colour"])
def test_a_tampered_story_has_probability_zero(word):
    text = first_story("could not find her")
    assert stories.score(text) > -math.inf
    hero, colour = re.search(r"(\w+) could.* (\S+) \S+\. It was not", text).groups()
    colours = {forms[""] for forms in stories.LEXICONS["colours"]}
    assert colour in colours
    swaps = {
        "name": (hero, "Tess" if hero != "Tess" else "Lily"),
        "pronoun": ("she", "he"),
        "colour": (colour, "blue" if colour != "blue" else "red"),
    }
    old, new = swaps[word]
    head, tail = re.split(rf"\b{old}\b(?!.*\b{old}\b)", text, flags=re.S)
    assert stories.score(head + new + tail) == -math.inf


@pytest.mark.parametrize("change", [str.upper, lambda t: t[:-1], lambda t: t + " "])
def test_other_texts_have_probability_zero(change):
    text = change(stories.write_stories(1)[0].text)
    assert stories.derivations(text) == [] and stories.score(text) == -math.inf


def test_score_adds_up_all_derivations(monkeypatch):
    """Two ways to write "ab" of -1 and -2 nats: their probabilities add."""
    monkeypatch.setattr(stories, "derivations", lambda text: [-1.0, -2.0])
    assert math.exp(stories.score("ab")) == pytest.approx(math.exp(-1) + math.exp(-2))


def outcomes(node, known: dict):
    """Yield (text, known, probability) for everything a node can write."""
    if isinstance(node, stories.Choice):
        for option, p in zip(node.options, node.probs):
            for text, after, q in outcomes(option, known):
                yield text, after, p * q
    elif isinstance(node, stories.Sequence):
        results = [("", known, 1.0)]
        for part in node.parts:
            results = [
                (text + more, last, p * q)
                for text, after, p in results
                for more, last, q in outcomes(part, after)
            ]
        yield from results
    elif isinstance(node, stories.Recall):
        yield known[node.name][node.form], known, 1.0
    else:
        extra = {node.name: node.forms} if isinstance(node, stories.Entry) else {}
        yield node.text, known | extra, 1.0


def test_probabilities_of_a_small_grammar():
    node = stories.parse(SMALL_GRAMMAR)
    results = list(outcomes(node, {}))
    texts, probs = [text for text, _, _ in results], [p for _, _, p in results]
    children, pets = len(stories.LEXICONS["children"]), len(stories.LEXICONS["pets"])
    assert len(set(texts)) == len(texts) == children * pets * 4
    assert math.fsum(probs) == pytest.approx(1, abs=1e-12)
    expected = -math.fsum(p * math.log(p) for p in probs)
    assert node.entropy() == pytest.approx(expected, abs=1e-9)
    for text, p in list(zip(texts, probs))[::97]:
        ((found, _),) = stories.readings(text, node)
        assert found == pytest.approx(math.log(p), abs=1e-9)


def test_drafts_grow_into_every_story_of_a_small_grammar():
    node = stories.parse(SMALL_GRAMMAR)
    done, drafts = {}, [stories.Draft(todo=(node,))]
    while drafts:
        draft = drafts.pop()
        if draft.todo:
            drafts += draft.grow()
            shares = [math.exp(d.logprob - draft.logprob) for d in draft.grow()]
            assert math.fsum(shares) == pytest.approx(1, abs=1e-12)
        else:
            done[draft.text] = math.exp(draft.logprob)
    expected = {text: p for text, _, p in outcomes(node, {})}
    assert done == pytest.approx(expected, abs=1e-12)


def test_parts_tell_which_node_wrote_what(many):
    for text, _ in many[:50]:
        parts = stories.story_parts(text)
        assert "".join(text[start:end] for start, end, _ in parts) == text
        drawn = {}
        for start, end, node in parts:
            if isinstance(node, stories.Entry):
                assert text[start:end] in node.forms.values()
                drawn[node.name] = node.forms
            elif isinstance(node, stories.Recall):
                assert drawn[node.name][node.form] == text[start:end]
    with pytest.raises(ValueError, match="cannot write"):
        stories.story_parts("Once upon a time")


def test_entropy_is_the_mean_surprisal(many):
    surprisals = [-story.logprob for story in many]
    mean = math.fsum(surprisals) / len(many)
    variance = math.fsum((x - mean) ** 2 for x in surprisals) / (len(many) - 1)
    assert abs(mean - stories.entropy()) < 4 * math.sqrt(variance / len(many))


@pytest.mark.parametrize("template", ["[pig|pigeon]", "[|x] y", "[{they}|we] ran"])
def test_ambiguous_templates_are_refused(template):
    with pytest.raises(ValueError, match="opens like"):
        stories.parse(template)


@pytest.mark.parametrize("n", [0, -1, 2.0, "3", None])
def test_bad_n(n):
    with pytest.raises(ValueError, match=f"n is {n!r}, must be an int >= 1"):
        stories.write_stories(n)


@pytest.mark.parametrize("seed", [-1, 0.5, None, "a"])
def test_bad_seed(seed):
    with pytest.raises(ValueError, match=f"seed is {seed!r}, must be an int >= 0"):
        stories.write_stories(1, seed)
