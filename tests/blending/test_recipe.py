"""The recipe of a blend is read strictly: what is wrong is named, with the nearest right word."""

import pytest

from earmark.blending.recipe import read_blend
from earmark.errors import BadRecipe


@pytest.fixture
def write(recipes):
    def write(text: str):
        path = recipes / "changed.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def two_seeds(recipes, write):
    """The blend with another seed of a member."""
    text = (recipes / "blend.toml").read_text(encoding="utf-8")
    return write(text.replace("[3]", "[3, 4]"))


def test_members_are_read_with_their_seeds(two_seeds):
    blend = read_blend(two_seeds, threads=2)
    assert [voice.name for voice in blend.voices] == ["lda-s0", "knn-s3", "knn-s4"]
    assert [voice.recipe.seed for voice in blend.voices] == [0, 3, 4]
    assert {voice.recipe.training.threads for voice in blend.voices} == {2}
    assert blend.data == ("gtzan-mel",)


def test_seeds_share_the_weight_of_their_member(two_seeds):
    blend = read_blend(two_seeds)
    (genre,) = blend.outputs
    assert genre.of == "genre"
    expected = {"lda-s0": 0.75, "knn-s3": 0.125, "knn-s4": 0.125}
    assert blend.weights(genre) == pytest.approx(expected)


MEMBERS = '[members.lda]\nrecipe = "lda.toml"\n'
OUTPUT = "[outputs.genre]\nfrom = {lda = 1}\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[members", "not TOML"),
        (OUTPUT, r"names no members: write a section \[members\.NAME\]"),
        (MEMBERS, "names no outputs"),
        ("member = 3\n" + MEMBERS + OUTPUT, "unknown key 'member'; did you mean 'members'"),
        (MEMBERS + "sed = [1]\n" + OUTPUT, "unknown key 'members.lda.sed'; did you mean 'seeds'"),
        (MEMBERS + "seeds = 1\n" + OUTPUT, "members.lda.seeds must be a list"),
        (MEMBERS + "seeds = []\n" + OUTPUT, "members.lda.seeds must be different"),
        (MEMBERS + "seeds = [1, 1]\n" + OUTPUT, "members.lda.seeds must be different"),
        (MEMBERS + "seeds = [-1]\n" + OUTPUT, "members.lda.seeds must be different"),
        ("[members.lda]\n" + OUTPUT, "members.lda lacks 'recipe'"),
        ("members.lda = 3\n" + OUTPUT, "members.lda must be a table"),
        ('[members."a/b"]\nrecipe = "lda.toml"\n' + OUTPUT, "letters, digits, - and _ only"),
        ('[members.lda]\nrecipe = "none.toml"\n' + OUTPUT, r"none\.toml: cannot be read: No such"),
        (MEMBERS + "[outputs.genre]\n", "outputs.genre lacks 'from'"),
        (MEMBERS + "[outputs.genre]\nfrom = {}\n", "weights above 0"),
        (MEMBERS + "[outputs.genre]\nfrom = {lda = 0}\n", "weights above 0"),
        (MEMBERS + "[outputs.genre]\nfrom = {lda = inf}\n", "weights above 0"),
        (MEMBERS + '[outputs.genre]\nfrom = {lda = "1"}\n', "from.lda must be a number"),
        (MEMBERS + "[outputs.genre]\nfrom = {lad = 1}\n", "did you mean 'lda'"),
        (MEMBERS + OUTPUT + "label = {}\n", "did you mean 'labels'"),
        (MEMBERS + OUTPUT + "labels = {a = 1}\n", "labels must be names"),
        (MEMBERS + OUTPUT + 'labels = {a = "c", b = "c"}\n', "two labels one name"),
        (MEMBERS + OUTPUT + "scale = nan\n", "must be finite"),
        (MEMBERS + "[outputs.mood]\nfrom = {lda = 1}\n", "lda answers genre, not mood"),
        (MEMBERS + '[members.no]\nrecipe = "lda.toml"\n' + OUTPUT, "members.no has no say"),
    ],
)
def test_what_is_wrong_is_named(write, text, words):
    with pytest.raises(BadRecipe, match=words) as caught:
        read_blend(write(text))
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("member", "words"),
    [
        ('[data]\nmain = "emotify"\n', "judged on emotify and gtzan-mel"),
        ('[model]\nname = "lad"\n', "members.other: unknown model 'lad'"),
        ('[feature]\nname = "linear-spectrogram"\n', "cannot be had from the log-mel"),
        ('[feature]\nname = "log-mel"\nbins = 3\n', "members.other: feature: .*bins"),
        ("[data]\nmian = 3\n", r"other\.toml: unknown key 'data\.mian'"),
    ],
)
def test_members_that_do_not_fit_are_refused(write, recipes, member, words):
    (recipes / "other.toml").write_text(member, encoding="utf-8")
    text = MEMBERS + '[members.other]\nrecipe = "other.toml"\n[outputs.genre]\n'
    with pytest.raises(BadRecipe, match=words):
        read_blend(write(text + "from = {lda = 1, other = 1}\n"))
