"""The last five pieces of the example album, one function each.

Bars are counted from 0. The notation is described in score.py.
"""

from __future__ import annotations

from chords import Chord, close, degrees, guitar, power, spread, stacked
from score import Score


def jazz() -> Score:
    """A medium-up swing in F: tenor saxophone over piano, walking bass and drums."""
    score = Score("Blue Lamp, Second Set", 162, seed=6, swing=0.63, gain=3)
    kit = score.kit(32, volume=127, reverb=40, loose=5, touch=6)
    bass = score.part(32, volume=102, pan=58, reverb=25, late=-3)
    piano = score.part(0, volume=127, pan=84, reverb=42, loose=9)
    tenor = score.part(66, volume=86, pan=52, reverb=58, late=16, loose=10, touch=7)

    form = (
        "Fmaj7|D7b9|Gm7|C13|Am7 D7b9|Gm7 C7|Cm7 F7|Bbmaj7|Bbm7 Eb9|Am7|G#dim7"
        "|Gm7|C7b9|Fmaj7 D7b9|Gm7 C7b9|Fmaj7"
    )
    rhythm = "x-.x....|...x-..x|..x-...x|....x-..|x..x-...|.x-...x-"
    piano.comp(0, form, rhythm, close(54, rootless=True), 78)
    bass.play(0, "q F1 A1 e C2 A1 q C#2 | D2 C2 A1 F#1 | G1 Bb1 D2 e Db2 D2 | q C2 Bb1 G1 G#1", 94)
    bass.play(4, "q A1 E2 D2 Ab1 | G1 D2 C2 e Db2 G1 | q C2 G1 F1 A1 | Bb1 D2 F2 e D2 B1", 96)
    bass.play(8, "q Bb1 F2 Eb2 Bb1 | A1 C2 E2 e A1 A1 | q Ab1 B1 D2 Ab1 | G1 Bb1 D2 F2", 98)
    bass.play(12, "q E2 C2 G1 E1 | F1 A1 D2 e Ab1 D2 | q G1 D2 C2 E1 | F1 C2 F2 G2", 98)

    tenor.play(0, "q r e A4 C5 q. /E5~ e C5 | e D5 C5 Eb5 C5 h A4~", (82, 88))
    tenor.play(2, "q r e Bb4 D5 q. /F5~ e D5 | e E5 D5 C5 A4 q. Bb4~ e G4", (86, 92))
    tenor.play(4, "e E4 G4 C5 E5 Eb5> D5 C5 A4 | Bb4 D5 q /F5> e E5 D5 C5 Bb4", (88, 94))
    tenor.play(6, "e A4 C5 Eb5 G5> e3 F5 Eb5 C5 e A4 F4 | h. /D5~ q r", (94, 84))
    tenor.play(8, "e r Db5 F5> Db5 Bb4 Ab4 G4 F4 | G4 E4 G4 A4 q C5 e B4 C5", (92, 96))
    tenor.play(10, "e D5 B4 Ab4 F4 Ab4 B4 D5 F5> | e3 D5 Eb5 D5 e Bb4 G4 A4 Bb4 D5 F5", 96)
    tenor.play(12, "e E5> Db5 Bb4 G4 Bb4 Db5 E5 G5> | q /F5 e E5 C5 D5 Eb5 C5 A4", 102)
    tenor.play(14, "e Bb4 A4 G4 Bb4 G4 E4 C4 Db4 | q C4 e A4 G4 h /C5~", (98, 88))

    kit.beat(0, 16, 86, ride="x.xox.xo|x.x.x.xo", pedal="..x...x.", kick="g.g.g.g.")
    kit.beat(0, 16, 84, snare="........|...o....|.....g.o|.o......|......go|...g..o.")
    kit.beat(8, 8, 84, kick=".....x..|........|...x....|.......x")
    kit.beat(0, 1, 66, crash="x...")
    kit.beat(8, 1, 74, crash="x...")
    kit.beat(7, 1, 92, snare="......oxxoXx", high_tom="....x.......", low_tom="...........o")
    kit.beat(15, 1, 92, snare="....oxoXxoxX", kick=".......x....")
    # The tag: a chord a semitone above home, then home.
    tenor.play(16, "q r e Bb4 Db5 h /F5~ | w /D5~", (94, 82))
    piano.comp(16, "Gbmaj9|F69", "X-----.x|X-------", close(54), 76)
    piano.play(17, "q r e3 A5 C6 D6 h G6,A6", (60, 46))
    bass.play(16, "h. Gb1 q Gb1 | w F1", 98)
    kit.beat(16, 1, 88, ride="x.xox.x.", kick="x......x", crash=".......x", snare="...oxx.x")
    kit.beat(17, 1, 84, crash="x...", kick="x...", ride="...oooo.")
    score.slow(16.5, 0.5, 140)
    return score


def metal() -> Score:
    """Thrash in E phrygian: gallops, double bass drum, twin lead and a breakdown."""
    score = Score("Cold Foundry", 174, seed=7, gain=7)
    kit = score.kit(16, volume=92, reverb=18, loose=3, touch=4)
    bass = score.part(34, volume=127, reverb=0, loose=4)
    left = score.part(30, volume=108, pan=4, reverb=14, loose=4)
    right = score.part(30, volume=108, pan=124, reverb=14, loose=6)
    centre = score.part(29, volume=74, pan=64, reverb=12, loose=5)
    muted = score.part(28, volume=92, pan=64, reverb=8, loose=3)
    twins = [score.part(30, volume=104, pan=pan, reverb=62, loose=6) for pan in (48, 80)]

    gallop = "e E2' s E2' E2' "
    riff = (
        gallop * 3 + "e F2,C3,F3> E2,B2,E3 |" + gallop * 3 + "e Bb2,F3,Bb3> A2,E3,A3 |"
        + gallop * 3 + "e F2,C3,F3> E2,B2,E3 |"
        + gallop + "e G2,D3,G3> F2,C3,F3 " + gallop + "e Bb2,F3,Bb3> B2,F#3,B3"
    )  # fmt: skip
    stomp = "s E2 E2' r e E2 s E2' e r E2' e. F2,C3,F3> G2,D3,G3> |"
    stomp += "s E2 E2' r e E2 s E2' e r E2' q Bb2,F3,Bb3> e Bb2,E3,Bb3>"

    def chug(bar: float, text: str, velocity: float) -> None:
        for part in (left, right, centre):
            part.play(bar, text, velocity)
        lows = " ".join(word.split(",")[0] if "," in word else word for word in text.split())
        muted.play(bar, lows, velocity - 4)
        bass.play(bar, lows, velocity + 2, shift=-12)

    def drive(bar: float, chords: str, rhythm: str) -> None:
        for part in (left, right, centre):
            part.comp(bar, chords, rhythm, power(40), 102)
        bass.comp(bar, chords, rhythm.replace("x", "1").replace("o", "1"), degrees(28), 104)

    chug(0, riff, 100)
    chug(4, riff, 106)
    drive(8, "E5|G5|C5|B5", "xoxoxoxo")
    chug(12, stomp, 110)
    chug(14, stomp, 112)
    chug(16, gallop * 3 + "e F2,C3,F3> E2,B2,E3", 112)
    for part in (left, right, centre):
        part.play(17, "e F2,C3,F3> r h. E2,B2,E3,G3>", 116)
    bass.play(17, "e F1> r h. E1", 114)

    tunes = (
        "e E5 B4 E5 G5 F#5 E5 D#5 B4 | D5 B4 D5 G5 q. B5~ e A5 |"
        " G5 E5 C5 E5 G5 C6 B5 G5 | q. F#5~ e D#5 h ^B5~",
        "e B4 G4 B4 E5 D5 C5 B4 G4 | B4 G4 B4 D5 q. G5~ e F#5 |"
        " E5 C5 G4 C5 E5 G5 G5 E5 | q. D#5~ e B4 h ^F#5~",
    )
    for part, tune in zip(twins, tunes, strict=True):
        part.play(8, tune, (100, 110))
    twins[0].play(14, "h r s Bb5 A5 Bb5 A5 F5 E5 F5 E5 | h ^E5~ s Bb4 E5 Bb5 E6 q ^E6~", 104)

    double = "XoxoXoxoXoxoXoxo"
    kit.beat(0, 2, 98, pedal="x...x...x...x...", kick="X...........X.X.", crash="............x.x.")
    kit.beat(2, 6, 100, kick=double, snare="....X.......X...", bell="x.x.x.x.x.x.x.x.")
    kit.beat(8, 4, 100, kick="X.x.X.x.X.x.X.x.", snare="..X...X...X...X.", hat="x.x.x.x.x.x.x.x.")
    kit.beat(12, 4, 104, kick="xX.x.x..x.X..X.x", snare="........X.......", china="xxxx")
    kit.beat(16, 1, 104, kick=double, snare="....X.......X.XX", bell="x.x.x.x.x.x.x.x.")
    for bar in (2, 4, 6, 8, 10, 12, 14, 16):
        kit.beat(bar, 1, 104, crash="x...", kick="X...")
    for bar, drum in ((1, "snare"), (3, "high_tom"), (7, "mid_tom"), (11, "snare")):
        kit.beat(bar, 1, 106, **{drum: "........ xxxx...."}, low_tom="............xxxx")
    kit.beat(17, 1, 112, kick="X.X.....", crash="X.......", crash2="..X.....", snare="X.X.....")
    return score


def pop() -> Score:
    """A bright synthesiser pop song in D: a verse, a chorus, a last chord."""
    score = Score("Paper Satellites", 116, seed=8, gain=4)
    kit = score.kit(24, volume=127, reverb=20, loose=2, touch=4)
    bass = score.part(39, volume=92, reverb=5, loose=3)
    piano = score.part(1, volume=98, pan=48, reverb=35, loose=5)
    strum = score.part(25, volume=74, pan=98, reverb=30, strum=6)
    pad = score.part(89, volume=70, reverb=70)
    pluck = score.part(99, volume=72, pan=30, reverb=45, chorus=30, loose=2)
    voice = score.part(53, volume=90, pan=64, reverb=55, loose=8)
    lead = score.part(63, bank=8, volume=110, pan=72, reverb=55, chorus=40)
    strings = score.part(48, volume=104, pan=56, reverb=60)

    verse = "D|A/C#|Bm7|Gmaj7"
    chorus = "G A|Bm7|G A|D D/F#|G A|Bm7 F#m7|Em7 A7sus4|D"
    piano.comp(0, verse, "x-.x-.x-", close(57), 78)
    bass.comp(0, verse, "1-....1-|1-....11", degrees(31), 92)
    pad.comp(0, verse + "|" + chorus, "o-------", spread(45), 76)
    piano.comp(4, chorus, "x-ox-ox-", stacked(57), 86)
    bass.comp(4, chorus, "11111111", degrees(31), 96)
    strum.comp(2, "Bm7|Gmaj7|" + chorus, "x..o.oxo..xo.oxo", guitar(43, 69), 78)
    pluck.comp(4, chorus, "1324 1324 1324 1324", stacked(69), 80)
    strings.comp(8, "G A|Bm7 F#m7|Em7 A7sus4|D", "x-------", stacked(62), 76)

    voice.play(0, "e r F#4 A4 A4 s A4 e. B4 q A4~ | e r E4 A4 A4 s A4 e. B4 q C#5~", 88)
    voice.play(2, "e r F#4 B4 B4 s C#5 e. D5 q C#5 | e B4 A4 h B4~ e r A4", 92)
    tune = (
        "q. D5 e D5 E5 q. C#5 | e B4 D5 q. F#5~ e E5 q D5 | q. D5 e D5 E5 q. A5~ |"
        "h F#5~ e r A4 D5 E5 | q. F#5 e G5 E5 q. C#5 | e D5 B4 q. D5 e F#5 q E5 |"
        "e G5 F#5 E5 D5 E5 F#5 q E5 | h. D5~ q r"
    )
    voice.play(4, tune, (100, 108))
    lead.play(4, tune, 88)
    voice.play(8, "h B4,D5 C#5 | h B4 A4 | B4 B4 | h. A4", 84)  # the second voice

    beat = {"kick": "X.....x.X.......|X.....x.X..x....", "snare": "....X.......X..."}
    kit.beat(0, 4, 94, kick="X.......X.......", rim="....x.......x...", hat="o.x.o.x.o.x.o.xo")
    kit.beat(4, 8, 96, **beat, clap="....X.......X...", hat="xoxoxoxoxoxoxoxo")
    kit.beat(4, 8, 80, open="..............x.", shaker="goxogoxogoxogoxo")
    kit.beat(3, 1, 92, snare="........o.oxxxXX")
    kit.beat(7, 1, 92, low_tom="............x.xx")
    kit.beat(11, 1, 92, snare="............xxXX", high_tom="..........xx....")
    for bar in (4, 8):
        kit.beat(bar, 1, 92, crash="x...")
    for part, voicing in ((piano, stacked(50)), (strum, guitar(43, 69)), (pad, spread(38))):
        part.comp(12, "Dadd9", "x-------", voicing, 92)
    voice.play(12, "h. A4,D5", 96)
    bass.play(12, "h. D2", 100)
    kit.beat(12, 1, 98, kick="X...", crash="x...")
    return score


def reggae() -> Score:
    """One drop in A minor: skank, bubbling organ, tuneful bass, harmonica and horns."""
    score = Score("Slow Boat, Warm Rain", 78, seed=9, swing=0.56, swing_unit=0.5, gain=4)
    kit = score.kit(0, volume=127, reverb=40, loose=5)
    bass = score.part(33, volume=127, reverb=5, late=10)
    skank = score.part(28, bank=8, volume=127, pan=28, reverb=45, strum=5)
    piano = score.part(0, volume=110, pan=96, reverb=35)
    organ = score.part(16, volume=88, pan=84, reverb=30, loose=5)
    reed = score.part(22, volume=106, pan=54, reverb=75, late=14, loose=10)
    trombone = score.part(57, volume=88, pan=44, reverb=60, late=10)
    trumpet = score.part(56, volume=100, pan=80, reverb=60, late=10)

    form = "Am|G|Am|Em7|F|C|Dm7 Em7|Am7"
    skank.comp(1, form, "..x...x...x...x.|..x...x...x.o.x.", close(60), 88)
    piano.comp(1, form, "..x...x...x...x.", close(55), 78)
    organ.comp(1, form, ".oxo.oxo.oxo.oxo", close(57), 96)
    bass.play(0, "h. r e E1 G1", 96)
    bass.play(1, "q A1 e r A1 s C2 D2 e E2 q r | q G1 e r G1 s B1 C2 e D2 q r", 104)
    bass.play(3, "e r A1 A1 C2 E2 D2 C2 A1 | q E1 e r E2 s G2 E2 e D2 q B1", 104)
    bass.play(5, "q F1 e r F1 s A1 C2 e F2 q r | q C2 e r C2 s E2 D2 e C2 q G1", 106)
    bass.play(7, "e D2 D2 r A1 E2 E2 r B1 | q A1 e r A1 s C2 D2 e E2 C2 G1 | q. A1", 106)

    reed.play(1, "e r E5 s E5 D5 e C5 q. A4~ e r | e r D5 s D5 C5 e B4 q. G4~ e r", 90)
    reed.play(3, "e r C5 s E5 G5 e /A5 q. G5~ e E5 | e D5 s E5 D5 q. B4~ e r q r", 94)
    for part, tune in (
        (trombone, "e A3' A3' q. C4 e A3' q r | e G3' G3' q. C4 e G3' q r |"
         "e A3' A3' q C4 e B3' B3' q D4 | h. C4~ q r"),
        (trumpet, "e C5' C5' q. F5 e C5' q r | e C5' C5' q. E5 e C5' q r |"
         "e D5' D5' q F5 e E5' E5' q G5 | h. E5~ q r"),
    ):  # fmt: skip
        part.play(5, tune, (88, 98))
    reed.play(6, "h r e r s G5 A5 e G5 E5 | w r | h r e r s E5 D5 e C5 A4", 88)

    # The drummer's call, then one drop.
    kit.beat(0, 1, 100, snare=".........xX.xx..", high_tom="............x.x.")
    kit.beat(0, 1, 100, low_tom="...............x", rim="........x.......")
    kit.beat(1, 8, 98, kick="....X.......X...", rim="....X.......X..o|....X..o....X...")
    kit.beat(1, 8, 80, hat="x.xox.xox.xox.xo|x.xox.x.x.xoxox.", open="....|..............g.")
    kit.beat(5, 4, 70, low_bongo="o..o..x.o..o..xo", high_bongo="..x...o...x...o.")
    kit.beat(1, 1, 84, crash="x...")
    kit.beat(4, 1, 96, snare="............o.xX", mid_tom="..............x.")
    kit.beat(8, 1, 96, snare="..........x.xxX.")
    # The last skank echoes away.
    kit.beat(9, 1, 100, kick="X...", crash="x...")
    for echo, loud in enumerate((100, 72, 52, 36, 24)):
        for part, low in ((skank, 60), (piano, 55)):
            start = 36 + echo * 0.75
            part.add(start, 0.3, close(low)(Chord.parse("Am7")), loud)
    organ.comp(9, "Am7", "x-------", close(57), 70)
    return score


def rock() -> Score:
    """A riff in A, eight bars of solo over a chorus, the riff again and out."""
    score = Score("Wrong Way Up the Fire Escape", 130, seed=10, gain=6)
    kit = score.kit(8, volume=127, reverb=30, loose=5)
    bass = score.part(34, volume=127, reverb=5)
    left = score.part(29, volume=80, pan=12, reverb=25, loose=7, strum=4)
    right = score.part(30, volume=70, pan=116, reverb=25, loose=8, strum=4)
    organ = score.part(18, volume=78, pan=84, reverb=40)
    lead = score.part(29, volume=108, pan=58, reverb=60, late=6, loose=9)

    once = "e A2,E3,A3> A2,E3' r G2,D3,G3 r D3,A3,D4> D3,A3' C3,G3 |"
    riff = once + "e A2,E3,A3> A2,E3' r C3,G3,C4 r D3,A3,D4> q C3,G3,C4 |"
    lows = "e A1 A1' r G1 r D2 D2' C2 | e A1 A1' r C2 r D2 q C2 |"
    for part in (left, right):
        part.play(0, riff * 2, 96)
        part.comp(4, "D|A|G|A|D|A|E|E", "X-oxx-ox|X-oxx-xx", guitar(40, 64), 92)
        part.play(12, once, 104)
        part.play(13, "q A2,E3,A3,C#4> r h A2,E3,A3,C#4,E4>~ | w r", 110)
    bass.play(0, lows * 2, 98)
    bass.comp(4, "D|A|G|A|D|A|E|E", "11111115|11111187", degrees(28), 98)
    bass.play(12, "e A1 A1' r G1 r D2 D2' C2 | q A1 r h. A1", 106)
    organ.comp(2, "A|A|D|A|G|A|D|A|E|E|A", "x-------", close(59), 76)
    organ.comp(13, "A", "x.X-----", close(61), 92)

    lead.play(4, "e r A4 ^B4> A4 F#4 A4 q ^B4~ | e C#5 B4 A4 C#5 h ^E5~", 96)
    lead.play(6, "e r D5 ^E5> D5 B4 G4 q ^B4~ | e3 A4 C5 D5 e ^E5 C5 q. A4~ e r", 98)
    lead.play(8, "e ^A5> ^A5 r F#5 q. ^A5~ e F#5", 102)
    lead.play(9, "s E5 F#5 A5 F#5 E5 C#5 E5 C#5 e B4 A4 q ^B4~", 104)
    lead.play(10, "e3 B4 D5 E5 G5 E5 D5 B5> G5 E5 G5 E5 D5 | h ^B5~ e3 B5 A5 G5 E5 D5 B4", 108)
    lead.play(12, "e A4> A4' r G4 r D5> D5' C5 | q A4 r h. /A4,E5~", 106)

    kick = "X.x...x.X.x.....|X.x...x...x.x..."
    kit.beat(0, 4, 98, kick=kick, snare="....X.......X...", open="x...x...x...x...")
    kit.beat(4, 8, 100, kick=kick, snare="....X..g....X...|....X..g.g..X...")
    kit.beat(4, 4, 90, hat="X.o.X.o.X.o.X.o.")
    kit.beat(8, 4, 90, ride="X.o.X.o.X.o.X.o.")
    kit.beat(12, 1, 102, kick="X.x...x...x.x...", snare="....X.......XxXX", open="x...x...x...x...")
    for bar in (0, 4, 6, 8, 10, 12):
        kit.beat(bar, 1, 100, crash="x...")
    for bar in (3, 11):
        kit.beat(bar, 1, 104, snare="........xxxx....", high_tom="............xx..")
        kit.beat(bar, 1, 104, low_tom="..............xX")
    kit.beat(7, 1, 100, snare="............xxXX")
    kit.beat(13, 1, 108, kick="X.X.", crash="X.X.", snare="X.....xxX.......")
    return score


PIECES = (jazz, metal, pop, reggae, rock)
