"""The first five pieces of the example album, one function each.

Bars are counted from 0. The notation is described in score.py.
"""

from __future__ import annotations

from chords import Chord, at_least, close, degrees, guitar, spread, stacked
from score import Score


def blues() -> Score:
    """A twelve-bar shuffle in A: guitar calls, harmonica answers."""
    score = Score("Twelve Bars Late", 114, seed=1, swing=0.66, gain=3)
    kit = score.kit(8, volume=127, reverb=38, touch=6)
    bass = score.part(33, volume=112, reverb=15, late=6)
    boogie = score.part(28, bank=8, volume=110, pan=30, reverb=30)
    piano = score.part(3, volume=112, pan=88, reverb=35)
    lead = score.part(29, volume=88, pan=54, reverb=50, late=9, loose=9)
    harp = score.part(22, volume=114, pan=80, reverb=55, late=12, loose=10)

    form = "A7|D7|A7|A7|D7|D7|A7|A7|E7|D7|A7"
    bass.comp(0, form, "1-3-5-6-|8-6-5-3-|1-3-5-8-|7-6-5-3-", degrees(33), 92)
    boogie.comp(0, form, "1111 1111", degrees(45), 76)
    boogie.comp(0, form, "5566 7766", degrees(45), 74)
    piano.comp(0, form, "..x...o.|.xo..x-.", close(59, rootless=True), 70)
    piano.play(3, "e3 A5,C6 A5,C6 A5,C6 " * 2 + "h r", 72)
    piano.play(7, "h r e3 A5,C#6 A5,C#6 A5,C#6 G5,C#6 E5,A5 C5,E5", 78)

    lead.play(0, "q r e E4 ^E5 D5 C5 q A4~ | e C5~ A4 G4 A4 h ^D5~", 92)
    lead.play(4, "e A5 r e3 ^A5 G5 F#5 e D5 F5 q ^D5~ | e r C5 D5 F5 e3 D5 C5 A4 q G4~", 98)
    lead.play(8, "q ^B4 e ^B4> B4 e3 B5 G5 E5 q ^B4~ | e A5 F#5 D5 C5 e3 A4 C5 D5 q ^F#5>~", 106)
    lead.play(10, "e E5 C5 A4 G4 q A4~ e /C#5 E5", 100)
    harp.play(2, "e r E5 G5 E5 q D5 e C5 A4 | h /C#5~ e A4 r q r", 92)
    harp.play(6, "q A4 e C#5 E5 e. /G5 s E5 q E5~ | e3 G5 E5 D5 C5 A4 G4 h A4~", 98)
    harp.play(9, "h r /A4~ | h. /E5~ q r", 88)

    shuffle = {"kick": "x...x..o|x..xx...", "snare": "..X...Xg|..Xg..X."}
    kit.beat(0, 4, 92, hat="xoxoxoxo", **shuffle)
    kit.beat(4, 7, 92, ride="xoxoxoxo", pedal="..o...o.", **shuffle)
    kit.beat(4, 1, 92, crash="x...")
    kit.beat(3, 1, 92, snare="......... oxX")
    kit.beat(7, 1, 92, snare=".........xx.", high_tom="...........X")
    # Stop time, a turnaround alone, and the last chord from a semitone above.
    lead.play(11, "e r A4 e3 /C5 A4 G4 E4 G4 G#4 q A4 | w ^E5~", 104)
    harp.play(12, "w A4,C#5~", 88)
    for part, voicing in ((bass, degrees(33)), (boogie, guitar(45, 64)), (piano, close(57))):
        row = "1.....1-" if part is bass else "x.....x-"
        part.comp(11, "A7 Bb9", row, voicing, 92)
        part.comp(12, "A9", row[-2] + "-------", voicing, 76)
    piano.play(12, "q r e3 " + "A5,C#6 G5,E6 " * 3 + "q r", (62, 44))
    kit.beat(11, 1, 92, kick="x.....x.", snare="x...gox.", hat="xoxox...")
    kit.beat(12, 1, 92, kick="x...", crash="x...", ride="..oo", snare="x...")
    return score


def classical() -> Score:
    """A concerto movement in miniature, in G: piano, then winds and strings, then all."""
    score = Score("A Window on the Orchard", 138, seed=2)
    right = score.part(0, volume=127, pan=58, reverb=60, loose=9, touch=6)
    left = score.part(0, volume=112, pan=68, reverb=60, loose=6, touch=5)
    strings = score.part(48, volume=106, pan=44, reverb=80, touch=4)
    first = score.part(40, volume=84, pan=34, reverb=80, loose=12)
    flute = score.part(73, volume=60, pan=78, reverb=80, loose=10)
    oboe = score.part(68, volume=66, pan=88, reverb=80, loose=10)
    cello = score.part(42, volume=92, pan=90, reverb=75, loose=10)
    plucked = score.part(45, volume=116, pan=80, reverb=75)
    horns = score.part(60, volume=70, pan=30, reverb=90)
    timpani = score.part(47, volume=116, pan=70, reverb=80)

    period = "G|D7|Em C|G/D D|G|Am|G/D D7|G"
    right.play(0, "q D5 e. G5 s A5 q B5 D5 | C5 e. F#5 s G5 q A5 r", (70, 80))
    right.play(2, "e B5 A5 G5 F#5 q E5 C6 | q B5 e A5 G5 h F#5", (82, 72))
    right.play(4, "q D5 e. G5 s A5 e B5 C6 D6' B5' | q E6 e D6 C6 q C6 e B5 A5", (76, 90))
    right.play(6, "e G5 B5 D6 B5 q A5 s G5 A5 G5 F#5 | q. G5 e B4' D5' G5' B5' D6'", (86, 80))
    left.comp(0, period, "1323 1323", close(50), 60)
    strings.comp(4, "G|Am|G/D D7|G", "o-------", spread(43), 66)
    plucked.comp(0, period, "1...1...", degrees(38), 74)

    # The middle: flute and violin answer each other over broken chords.
    middle = "Em|Am|D7|G D/F#"
    right.comp(8, middle, "1232 4323 1232 4323", stacked(64), 64)
    left.comp(8, middle, "x-..x-..", spread(40), 62)
    flute.play(8, "q B5 e. E6 s F#6 q G6 B5 | h E6 q C6 e E6 C6", (82, 88))
    flute.play(10, "q A5 e. D6 s E6 q F#6 A5 | h G6~ e F#6 E6 D6 C6", (88, 98))
    first.play(8, "h G5 E5 | q E5 e. A5 s B5 q C6 E5", (74, 84))
    first.play(10, "h A5~ C6 | q D5 e. G5 s A5 q B5 A5", (84, 94))
    oboe.play(8, "w E5 | h A5 e E5 D5 C5 B4 | w A4 | h B4 A4", (66, 84))
    cello.play(8, "h E3 e E3 F#3 G3 E3 | h A2 e A2 B2 C3 A2", (72, 82))
    cello.play(10, "h D3 e D3 E3 F#3 D3 | h G2 q F#2 A2", (82, 92))
    strings.comp(8, middle, "o-------", close(55), 60)
    strings.swell(8, 4, 84, 127)

    # All together to the close.
    ending = "C A7/C#|G/D D7|G D7"
    right.play(12, "q E5 e. C6 s D6 q E6 e G6 E6", (92, 100))
    right.play(13, "e D6 B5 G5 D5 t A5 B5 A5 B5 A5 B5 A5 B5 A5 B5 A5 B5 s G5 A5", (100, 94))
    right.play(14, "e G5 B5 D6 G6 q A5,C6,F#6 F#5,A5,D6", (98, 108))
    right.play(15, "q G4,B4,D5,G5' G5,B5,D6,G6' h. G4,B4,D5,G5 q r", 106)
    left.comp(12, ending, "1323 1323", close(48), 76)
    left.play(15, "q G2,G3' G1,G2' h. G1,G2 q r", 100)
    strings.comp(12, ending, "x-------", close(59), 84)
    strings.play(15, "q B4,D5,G5' B4,D5,G5' h. D4,B4,G5 q r", 96)
    first.play(12, "h E5 G5 | G5 F#5 | q G5 D6 C6 A5 | q B5' B5' h. B5", (86, 104))
    flute.play(12, "h G5 E6 | D6 C6 | q B5 G6 F#6 D6 | q G6' G6' h. G6", (86, 104))
    oboe.play(12, "h C5 A5 | B5 A5 | q G5 B5 A5 C6 | q B5' B5' h. D5", (78, 94))
    horns.play(12, "h G3,E4 A3,E4 | G3,D4 F#3,C4 | G3,D4 F#3,D4 | q G3,B3' G3,B3' h. G3,D4", 82)
    cello.play(12, "h C3 C#3 | D3 D3 | q G2 B2 D3 D2 | q G2' G2' h. G2", (84, 104))
    plucked.comp(12, ending, "1.1.1.1.", degrees(36), 84)
    timpani.play(13, "h r s D2 D2 D2 D2 D2 D2 D2 D2 | h G2 q D2 D2 | q G2 G2 h. G2", (64, 100))
    score.slow(14.5, 0.75, 112)
    return score


def country() -> Score:
    """A train beat in G: steel guitar first, then the fiddle, then both."""
    score = Score("Gravel and Clover", 118, seed=3, gain=4)
    kit = score.kit(40, volume=127, reverb=25, touch=7)
    bass = score.part(32, volume=106, reverb=15)
    chop = score.part(25, volume=92, pan=38, reverb=28, strum=7)
    banjo = score.part(105, volume=98, pan=94, reverb=30, loose=5)
    steel = score.part(26, bank=8, volume=62, pan=72, reverb=60, loose=9, late=8)
    fiddle = score.part(110, volume=110, pan=48, reverb=50, loose=9)
    mandolin = score.part(25, bank=16, volume=90, pan=24, reverb=30, strum=5)

    opening, rest = "G|C|G|D7", "G|C|G D7|G G7|C|G Em|A7 D7|G"
    form = f"{opening}|{rest}"
    bass.comp(0, form, "1-5.1-5.", degrees(28), 96)
    bass.play(3, "h r e D2' F#1 q G1", 92)
    bass.play(7, "h r e G1 A1 B1 D2", 90)
    chop.comp(0, form, ".x.x.x.X|.x.x.xox", guitar(43, 67), 80)
    mandolin.comp(4, rest, ".x.x.x.x", close(67), 72)

    def rolled(chord: Chord) -> list[int]:
        return [*close(55)(chord)[:3], at_least(66, chord.root + 7)]

    banjo.comp(0, form, "1342 3413 4213 4234|2143 1243 1342 3143", rolled, 80)
    steel.play(0, "e r D4 G4 A4 q ^B4~ e A4 G4 | q. /E5~ e D5 h C5~", 92)
    steel.play(2, "e B4 D5 q. ^B4~ e A4 G4 E4 | q. ^A4~ e G4 h F#4~", 92)
    fiddle.play(4, "s D5 E5 G5 A5 e B5> A5 s B5 A5 G5 E5 e D5 B4", 92)
    fiddle.play(5, "s C5 D5 E5 G5 e E5,G5> C5 s E5 D5 C5 A4 e G4 A4", 92)
    fiddle.play(6, "s B4 A4 G4 A4 e B4 D5> s F#5 E5 D5 E5 e F#5 A5>", 94)
    fiddle.play(7, "e G5 s G5 F#5 e G5,B5> D5 q /F5~ e D5 B4", 98)
    steel.play(4, "w B3,D4 | C4,E4 | h B3,D4 C4,F#4 | h. ^D4,B4 q r", 74)
    steel.play(8, "q /E5 e D5 C5 q. /E5~ e G5 | q. ^D5~ e B4 h /G4~", 98)
    steel.play(10, "e A4 B4 C#5 E5 q. ^F#5~ e A5 | h /B4~ q ^D5 B4", 100)
    fiddle.play(8, "h. C5,G5 q E5,G5 | h B4,G5 h E5,G5", 84)
    fiddle.play(10, "s E5 F#5 E5 C#5 e A4 C#5 s D5 E5 F#5 A5 e C6> A5", 98)
    fiddle.play(11, "s B5 A5 G5 E5 D5 E5 G5 A5 e G5 D5 B4 D5", 100)

    train = "ogxo ogXo ogxo ogXg|ogxo ogXo ogxo ogXX"
    kit.beat(0, 12, 94, snare=train, kick="x...x...x...x...", pedal="..x...x...x...x.")
    for bar in (4, 8):
        kit.beat(bar, 1, 78, crash="x...")
    # Two chops and a ringing last chord.
    for part, voicing in ((chop, guitar(43, 67)), (mandolin, close(67)), (banjo, rolled)):
        part.comp(12, "G", "x.X-----", voicing, 92)
    bass.play(12, "e G1 r h. G1", 104)
    fiddle.play(12, "e B4,G5' r h. D5,B5", 100)
    steel.play(12, "e G4' r h. ^B4,D5~", 98)
    kit.beat(12, 1, 96, kick="x.x.....", snare="x.X.....", crash="..x.....")
    return score


def disco() -> Score:
    """Four on the floor in E minor: octave bass, scratching guitar, soaring strings."""
    score = Score("Glitter Arithmetic", 118, seed=4, gain=6)
    kit = score.kit(0, volume=127, reverb=22, loose=3)
    bass = score.part(33, volume=127, reverb=10, loose=4)
    scratch = score.part(28, bank=8, volume=108, pan=26, reverb=25, chorus=40, loose=4)
    keys = score.part(4, volume=62, pan=92, reverb=30, chorus=50)
    strings = score.part(48, volume=82, pan=50, reverb=65, loose=8)
    violins = score.part(40, volume=96, pan=76, reverb=65, loose=8)
    brass = score.part(61, volume=72, pan=84, reverb=45, loose=6)
    choir = score.part(52, volume=100, pan=64, reverb=70)

    bright = "Cmaj7|Bm7|Am7|D9|Cmaj7|Bm7|Am7 B7|Em7"
    form = f"Em9|A13|Em9|A13|{bright}"
    bass.comp(0, form, "1.8.1.8.1.8.1.87|1.8.1.8.1.8858.7", degrees(28), 98)
    scratch.comp(0, form, "g.xgg.xg.xgx..xg", close(62, rootless=True), 84)
    keys.comp(0, form, "x-.x..x-..x-.x..", close(57), 78)
    brass.comp(4, bright, "......x.........|..........x.X-..", close(62), 92)
    choir.comp(8, "Cmaj7|Bm7|Am7 B7|Em7", "o-------", close(64), 78)

    rise = "q A5 s E5 F#5 G5 A5 B5 C6 D6 E6 F#6 G6 A6 B6"
    for part, shift in ((strings, 0), (strings, -12), (violins, 0)):
        part.play(2, "w D5,B5 | h. C#5,B5 s C#5 D5 E5 F#5", (64, 92), shift=shift)
        part.play(4, "e r G5 B5 D6 q. C6 e B5 | h. A5 e F#5 A5", 90, shift=shift)
        part.play(6, "e r E5 G5 B5 q. C6 e A5 |" + rise, (88, 100), shift=shift)
        part.play(8, "q. B6 e G6 e E6 G6 q D6 | q. A6 e F#6 D6 F#6 q B5", 98, shift=shift)
        part.play(10, "e C6 B5 A5 C6 D#6 C6 B5 A5 | h. G5,E6 q r", 98, shift=shift)
    keys.play(3, "h r s E5 G5 B5 D6 E6 D6 B5 G5", 84)

    floor = {"kick": "X...X...X...X...", "open": "..x...x...x...x.", "hat": "xo.oxo.oxo.oxo.o"}
    kit.beat(0, 12, 90, snare="....X.......X...", **floor)
    kit.beat(2, 10, 84, clap="....X.......X...", conga="..o..x...o..xo..")
    kit.beat(2, 10, 76, low_conga="......x.......xx", tambourine="xgogXgogxgogXgog")
    for bar in (0, 4, 8):
        kit.beat(bar, 1, 90, crash="x...")
    for bar in (3, 7, 11):
        kit.beat(bar, 1, 98, snare="............xxXX", mid_tom="..............x.")
        kit.beat(bar, 1, 98, high_tom="............x...", low_tom="...............x")
    for part, voicing in ((keys, close(57)), (brass, close(62)), (strings, close(76))):
        part.comp(12, "Em9", "X-..X---|--..", voicing, 92)
    bass.play(12, "q E1 e E2 r h E1", 108)
    kit.beat(12, 1, 96, kick="X...X...", crash="x...x...", snare="....X...")
    return score


def hiphop() -> Score:
    """Boom-bap in F minor: chopped electric piano, few bass notes, flute and trumpet."""
    score = Score("Corner Store Cassette", 89, seed=5, swing=0.58, swing_unit=0.5, gain=4)
    kit = score.kit(16, volume=127, reverb=12, loose=4, touch=4)
    bass = score.part(33, volume=114, reverb=0, late=10)
    sub = score.part(80, bank=8, volume=96, reverb=0, late=10)
    rhodes = score.part(4, volume=78, pan=56, reverb=30, chorus=60, late=12, strum=9)
    bells = score.part(11, volume=127, pan=92, reverb=50, late=10)
    flute = score.part(73, volume=94, pan=76, reverb=60, late=14)
    trumpet = score.part(59, volume=110, pan=44, reverb=60, late=14)
    voice = score.part(54, volume=76, pan=84, reverb=50)

    loop = "|".join(["Fm9|Dbmaj9 C7#9"] * 4)
    rhodes.comp(0, f"Fm9|Dbmaj9 C7#9|{loop}", "x-----.x--..o--.|x----..x X--..o..", close(56), 76)
    low = "e. F1 s r q r e r s F1 F1 q Ab1 | e. Db2 s r e r Db2 e C2 r s C2 E2 G1 C2 |"
    for part, shift in ((bass, 0), (sub, 12)):
        part.play(1, "q r r r e C2 E1 |" + low * 4, 100, shift=shift)
    bells.comp(2, loop, "4..3....2.......|....4...3...2...", close(72), 80)

    kick = "X.....x...X..x..|X..x....x.X....."
    kit.beat(0, 2, 88, hat="x.x.x.x.x.xox.xx", rim="....x.......x...")
    kit.beat(0, 2, 100, kick="............x.xx|X..x....x.X...xx", snare="....|....X..g.g..X..X")
    kit.beat(2, 8, 100, kick=kick, snare="....X..g.g..X...|....X..g.g..X..g")
    kit.beat(2, 8, 84, hat="x.x.x.xox.x.x.x.|x.xox.x.x.x.x...", open="....|..............x.")
    kit.beat(2, 8, 82, clap="....x.......x...")
    for bar in (3, 7):
        kit.beat(bar, 1, 96, scratch="..........x.x...", scratch2="...........x.xx.")
    flute.play(2, "e r C5 s Eb5 F5 e Ab5 q. G5~ e r | e r F5 s Eb5 C5 e Bb4 q. C5~ e r", 86)
    trumpet.play(4, "q r e Ab4 C5 s /Eb5 F5 e Eb5 q C5~ | e Ab4 F4 q Ab4~ h r", 84)
    flute.play(6, "e r C5 s Eb5 F5 e Ab5 q Bb5~ e Ab5 F5 | e r F5 s Eb5 F5 e Ab5 q. C6~ e r", 92)
    trumpet.play(8, "e r C5 Eb5 F5 q. /G5~ e Eb5 | e F5 Db5 q Eb5~ h r", 90)
    voice.comp(2, loop, "............x-..|......x-........", close(68), 84)
    # The drums stop on one; the loop rings out alone.
    rhodes.comp(10, "Fm9", "X---------------", close(56), 84)
    sub.play(10, "h. F2", 96)
    bass.play(10, "h. F1", 96)
    kit.beat(10, 1, 100, kick="X...............")
    return score


PIECES = (blues, classical, country, disco, hiphop)
