"""Colour maps: levels to colours, as matplotlib writes them into 8-bit pictures.

viridis, magma, inferno and plasma are by Nathaniel Smith and Stéfan van der Walt (2015, CC0),
coolwarm by Kenneth Moreland (Diverging Color Maps for Scientific Visualization, 2009); jet, cool
and grey are older than either. `librosa.display.specshow` takes magma for levels in dB.

A map has 256 colours whose parts lie between 0 and 1. Programs turn them into bytes in two ways:
some round 255 times the part (matplotlib's `pcolormesh`), some cut it off (its `imshow`). Most
colours differ by one in some channel between the two, and neighbours by little more, so that only
the right one of the two tables gives levels back exactly.
"""

from __future__ import annotations

import zlib
from base64 import b85decode
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from earmark.features.base import Array

ColourMapName = Literal["magma", "viridis", "inferno", "plasma", "coolwarm", "cool", "jet", "grey"]

Table = NDArray[np.uint8]


class ColourMap(NamedTuple):
    """The colours of levels 0 … 255, red, green and blue [shape=(256, 3)] of each table."""

    rounded: Table
    cut: Table


@lru_cache(maxsize=8)
def colour_map(name: ColourMapName) -> ColourMap:
    """The tables of a colour map; do not write to them."""
    numbers = np.frombuffer(zlib.decompress(b85decode(_PACKED[name])), np.uint8)
    cut = np.cumsum(numbers[:768].reshape(3, 256), axis=1, dtype=np.uint8).T
    rounds_up = np.unpackbits(numbers[768:]).reshape(3, 256).T
    return ColourMap(cut + rounds_up, cut)


def coloured(levels: Array, name: ColourMapName) -> Array:
    """Colours between 0 and 1 of levels between 0 and 1 [shape=(…)] → [shape=(…, 3)]."""
    entry = np.minimum(levels * 256, 255).astype(np.uint8)  # 0 … 1 in 256 equal steps
    colours: Array = (colour_map(name).rounded / np.float32(255)).astype(np.float32)[entry]
    return colours


# zlib in base 85: red, green and blue, each as steps from colour to colour (cut, modulo 256); then,
# in one bit each, whether rounding gives one more. The test compares them with matplotlib's.
_PACKED: dict[ColourMapName, str] = {
    "magma": (
        "c-muNU|<9xMi4><Oi%)hfDnOTm=T4*#z3Y}4Z*@h(hi1D1SKG@13ME6p$Lp21PTKg{KwAz57z^SV0%z(L74a-O*<"
        "n4vMvM-W5SJLWWWN^neZrJK#K)P1V91^j3ERPjUj?UVUQ?HW=14qfPfiJGJ_B^jDiY5+yHYO!WT$Ufh`LDBPb~T4"
        "<o=3Mt~3)qc9+n5Djn}P@)Sd%|b9N)uN_cbngQ}t^s@R)@5g=ZH-zRv~{iOk}XR^a~^yORXHZlz`*{YhTk;oWXN%"
        "u1F2Eb-a$)4LsxCxW+8VgvY)^C@bNy2$8(A={Fk{kb?4+~D|bGyV?LI$G;C73;g-ukSIYmK6`HAL@BskYs9re"
    ),
    "viridis": (
        "c-nJeU|<9zFh)=e4F3@n1pjA%AQ(hqqC#W}g}`7!5!^DU0~kRNgrI;4guoDlz!(OY5ttbjVnxUVSPvuIXfQ+|tQe"
        "I<&_n<R0(^7<1}sbl1PLdg7>1w(3WO2ZPzcQ1s2)di2*PwE0}-hPJ?UU@kima+CL)EQrk(##0))UALO{VkIQb8Rp"
        "ac-Yh<~UQRKx%O5XZsdUFUd%O<GiF)~Z!Yy@D=9d2W1sYKCM;|9|7GRhK+f*9K{=PC0w#xQq=u(0qpahWZ2c2kQ9"
        "SWuB#6x*8f4ojWOPTjD?CthL4#AL<(z80_06CxuMiY{5`D>8hq#>IT=>0Cat|>i"
    ),
    "inferno": (
        "c-muNU|<9xMi2r6CJ1JNK_+yJgpdiM1>h7EA}E;MU<`8$++hq5%m5=G4hJDHMg{*N7>r;LLNG8u{0lao3BrRK2RD"
        "}yVj?5dAed<kFx^PX7|{rH3YE_Y4{BJ5Bl`};-%JRE7Mv&%0wLfO3JVz^lz|W|uo;=bW-^22n4ttSj9`YzKy*SJ1"
        "#vt)_|XIZKaBj376C8<grEeJL<0X%=zl20KV%Bd0T~F5QfP8zf_nqx1!gd2W@dpv5MX720cMum{byI5I5XQTXzR+"
        "TD{F&RZB;o_BQL2N<Wv9S?5eG;9A+y+Es70{R!v#zHPvg%HlKnTnUh&dx20KB$p2xext(~&aLY>jbw*1bFcfZ^ny"
        "qfb!1(dF<!qIk6Sg+1&R_lc7XW}nn>_"
    ),
    "plasma": (
        "c-rG(VP;}xW<mmt5R8P72^0n#B2!R=f)NxBz<^9Kz*r1$HW(ojV2DIO7z_+B5&`~02{3{~7{LygN1{-<|52n60BS"
        "Ydxd<OJp);7Ua&bsAAxKmLiV+kd#E~c@h@jwch~Pq~Hk61#3U!pgh7pj!WyBV^5CRsg5DXzu7+CliiWu-vctshI3"
        "AkgRk&hB>P}l$aH}juyuCCY8(6FT{XO1`j|KIqy=h;bJueF&Q5B{;-8oG4j;lsyeDj1#yKB%y<sQ`ixk9(4h)ow>"
        "k4Gr2d&3E?s!?Ux)wiPg*%=VmP$M}!=!G{kI54ZR8$yprp%4|IO2>}1B(VY"
    ),
    "coolwarm": (
        "c-pgKWMpCl0VWuMhA|LU8eI^9P%w-{&`5v*N-{7)5Ca3003i^7Qvcx;41pm6K?!8=4}rl54t*Gzn3$j#L4gs1hEa"
        "@A9=i9i`3CAAxMvU$?juHsH;~+q$MsOBgI$g60SE#Ta10}n!Cwdlp}&8D_}}k8VEFq0+)qgHhvXq91|;90cn0PTX"
        "sp1&e+JBm!REDp|KYyE;wLmF1{*~Y8bnYi2$2e4BoI8FbLQ+MZ*T9YC{L9$$N3o;WTL%Jevnt2nmfn-;LN3=X*rX"
        "kLe>VIoKyc_V$!N@g`sL6|F@e3t%^#sus=B4Y;|bVx%!&4tGUPj8)t1f#$a=G)!LAiQCqWCty-F?_N?#+0CEU|;{"
    ),
    "jet": (
        "c-muNpcP<ZW@ce#h7d4}he1f1k!*+j|MMFJfB%6)Bql-KER+FeDum?UKY#xGg&|amcqtra*R!&~AqJC@F#r4aF9`"
        "qrgM{%g@QeOqpaYORb1dC>X3x2FW2k^=*4j`Iy&DMb0|87SbIQq0IWx_CCj;55wuY>L3ZF?UHk@(hS+emABtrquj"
        ">_Q"
    ),
    "cool": (
        "c-muNBmfwg@M8!;0gcR}KmR}R;2#66_)ylr{|sdEA&h_j|1*%xXBY)8K%f8x91N%s3<MC6g$DxJ_#lvw*#OD~?mq"
    ),
    "grey": ("c-muNBmfwg@M8!;0gcR}Kc8XL|0CP~K;Qxd3Q)kofC?#<2LKeA3GM"),
}
