"""MagnaTagATune's tags: the frequent ones, and one word for those that mean the same.

Players typed what they heard, so that a clip may have "female vocal", "female voice" and "woman"
singing; most papers keep the 50 most frequent tags as they are, and score such synonyms apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

TOP_50 = tuple(
    (
        "guitar, classical, slow, techno, strings, drums, electronic, rock, fast, piano, ambient, "
        "beat, violin, vocal, synth, female, indian, opera, male, singing, vocals, no vocals, "
        "harpsichord, loud, quiet, flute, woman, male vocal, no vocal, pop, soft, sitar, solo, "
        "man, classic, choir, voice, new age, dance, male voice, female vocal, beats, harp, "
        "cello, no voice, weird, country, metal, female voice, choral"
    ).split(", ")
)
"""The 50 most frequent tags as papers list them, the most frequent first.

Lists differ in two places, "male voice" and "female vocal", "metal" and "female voice": ties."""

SYNONYMS = tuple(
    tuple(group.split(", "))
    for group in (
        "beat, beats",
        "chant, chanting",
        "choir, choral",
        "classical, clasical, classic",
        "drums, drum",
        "electronic, electronica, electro",
        "fast, fast beat, quick",
        "female vocal, female vocals, female voice, female singer, female singing, female, "
        "woman, woman singing, women, girl",
        "flute, flutes",
        "guitar, guitars",
        "harpsichord, harpsicord",
        "hip hop, rap",
        "horn, horns",
        "indian, india",
        "jazz, jazzy",
        "male vocal, male vocals, male voice, male singer, male, man, man singing, men",
        "metal, heavy metal",
        "no vocals, no vocal, no voice, no voices, no singer, no singing, instrumental",
        "opera, operatic",
        "orchestra, orchestral",
        "space, spacey",
        "strings, string",
        "synth, synthesizer",
        "violin, violins, fiddle",
        "vocals, vocal, voice, voices, singer, singing",
        "weird, strange",
    )
)
"""Tags that mean the same, the word for them first; every other tag stands for itself.

Our grouping, which follows K. Choi's (github.com/keunwoochoi/magnatagatune-list) where words are
one in spelling or sense. It adds "female vocal", "girl", "rap" and "fiddle", and leaves apart what
differs: "electric" and "electro", "hard" and "hard rock", "heavy" and "metal", "no beat" and "no
drums", "quiet" and "silence"."""

_MERGED = {tag: group[0] for group in SYNONYMS for tag in group}


def merge_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Each tag by the word for its group, every word once, in the order of their first tags."""
    return tuple(dict.fromkeys(_MERGED.get(tag, tag) for tag in tags))


def top_tags(
    clips: Iterable[Iterable[str]], order: Sequence[str], count: int = 50
) -> tuple[str, ...]:
    """The most frequent tags, the most frequent first; in a tie the first in `order`.

    Args:
        clips: the tags of each clip.
        order: all tags.
        count: how many tags are wanted.
    """
    counts = Counter(tag for tags in clips for tag in tags)
    return tuple(sorted(order, key=lambda tag: -counts[tag])[:count])
