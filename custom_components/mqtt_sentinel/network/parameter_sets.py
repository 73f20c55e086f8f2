"""How large the pictures of an H.264 or H.265 stream are, from its sequence parameter set. Pure."""

from collections.abc import Callable
from dataclasses import dataclass

from .bits import Bits, BitsError
from .facts import Size

# A real one has a few dozen bytes; those with long scaling lists a few hundred.
MOST_BYTES = 1024
LARGEST_SIDE = 16384
FASTEST = 1000.0

_H264_SPS = 7
_H265_SPS = 33
# H.264: profiles whose parameter set says more of colours.
_WITH_CHROMA = frozenset((100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135))
_EXTENDED_ASPECT = 255
_MACROBLOCK = 16
# Horizontal and vertical samples of brightness for one of colour, by chroma_format_idc.
_SUBSAMPLING = {0: (1, 1), 1: (2, 2), 2: (2, 1), 3: (1, 1)}
_MOST_POC_CYCLE = 255
_MOST_SUB_LAYERS = 6


class ParameterSetError(ValueError):
    """It is no sequence parameter set, or not one of any picture."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What a sequence parameter set says of the pictures; ``rate`` a second, None when it is not said."""

    size: Size
    rate: float | None = None


def h264(unit: bytes) -> Picture:
    """Read a NAL unit of H.264. Raises :class:`ParameterSetError` when it is none of type 7."""
    if len(unit) < 4 or unit[0] & 0x1F != _H264_SPS:
        raise ParameterSetError("no H.264 sequence parameter set")
    return _read(_h264, unit, header=1)


def h265(unit: bytes) -> Picture:
    """Read a NAL unit of H.265. Raises :class:`ParameterSetError` when it is none of type 33."""
    if len(unit) < 4 or (unit[0] >> 1) & 0x3F != _H265_SPS:
        raise ParameterSetError("no H.265 sequence parameter set")
    return _read(_h265, unit, header=2)


def _read(reader: Callable[[Bits], Picture], unit: bytes, header: int) -> Picture:
    if len(unit) > MOST_BYTES:
        raise ParameterSetError("too long")
    try:
        # A 3 after two zeros is put in between so that nothing looks like the start of a unit.
        return reader(Bits(unit[header:].replace(b"\x00\x00\x03", b"\x00\x00")))
    except BitsError as error:
        raise ParameterSetError(str(error)) from error


def _h264(bits: Bits) -> Picture:
    profile = bits.take(8)
    bits.take(16)  # constraints, level
    bits.unsigned()  # its id
    chroma, separate = 1, False
    if profile in _WITH_CHROMA:
        chroma, separate = _h264_chroma(bits)
    bits.unsigned()  # log2_max_frame_num_minus4
    _skip_picture_order(bits)
    bits.unsigned()  # max_num_ref_frames
    bits.flag()  # gaps_in_frame_num_value_allowed_flag
    width = (bits.unsigned() + 1) * _MACROBLOCK
    rows = bits.unsigned() + 1
    whole_frames = bits.flag()
    fields = 1 if whole_frames else 2
    if not whole_frames:
        bits.flag()  # mb_adaptive_frame_field_flag
    bits.flag()  # direct_8x8_inference_flag
    across, down = _SUBSAMPLING[0 if separate else chroma]
    size = _cropped(bits, width, rows * _MACROBLOCK * fields, across, down * fields)
    return Picture(size, _h264_rate(bits))


def _h264_chroma(bits: Bits) -> tuple[int, bool]:
    chroma = _chroma_format(bits)
    separate = chroma == 3 and bits.flag()
    bits.unsigned()  # bit_depth_luma_minus8
    bits.unsigned()  # bit_depth_chroma_minus8
    bits.flag()  # qpprime_y_zero_transform_bypass_flag
    if bits.flag():
        for number in range(12 if chroma == 3 else 8):
            if bits.flag():
                _skip_scaling_list(bits, 16 if number < 6 else 64)
    return chroma, separate


def _chroma_format(bits: Bits) -> int:
    chroma = bits.unsigned()
    if chroma not in _SUBSAMPLING:
        raise ParameterSetError("no such colours")
    return chroma


def _skip_scaling_list(bits: Bits, length: int) -> None:
    last = following = 8
    for _ in range(length):
        if following:
            following = (last + bits.signed()) % 256
        last = following or last


def _skip_picture_order(bits: Bits) -> None:
    match bits.unsigned():
        case 0:
            bits.unsigned()  # log2_max_pic_order_cnt_lsb_minus4
        case 1:
            bits.flag()  # delta_pic_order_always_zero_flag
            bits.signed()
            bits.signed()
            cycle = bits.unsigned()
            if cycle > _MOST_POC_CYCLE:
                raise ParameterSetError("no such order of pictures")
            for _ in range(cycle):
                bits.signed()


def _h264_rate(bits: Bits) -> float | None:
    """Pictures a second. What comes last may be cut off: then they are not known."""
    try:
        if not bits.flag():  # vui_parameters_present_flag
            return None
        if bits.flag() and bits.take(8) == _EXTENDED_ASPECT:
            bits.take(32)
        if bits.flag():  # overscan
            bits.flag()
        if bits.flag():  # video signal
            bits.take(4)
            if bits.flag():
                bits.take(24)
        if bits.flag():  # chroma location
            bits.unsigned()
            bits.unsigned()
        if not bits.flag():  # timing_info_present_flag
            return None
        tick, scale = bits.take(32), bits.take(32)
    except BitsError:
        return None
    # A tick is the time of a field, of which a picture has two.
    rate = scale / (2 * tick) if tick else 0.0
    return round(rate, 3) if 0.0 < rate <= FASTEST else None


def _h265(bits: Bits) -> Picture:
    bits.take(4)  # the id of the video parameter set
    sub_layers = bits.take(3)
    if sub_layers > _MOST_SUB_LAYERS:
        raise ParameterSetError("no such layers")
    bits.flag()  # sps_temporal_id_nesting_flag
    _skip_profile_tier_level(bits, sub_layers)
    bits.unsigned()  # its id
    chroma = _chroma_format(bits)
    separate = chroma == 3 and bits.flag()
    width, height = bits.unsigned(), bits.unsigned()
    return Picture(_cropped(bits, width, height, *_SUBSAMPLING[0 if separate else chroma]))


def _skip_profile_tier_level(bits: Bits, sub_layers: int) -> None:
    bits.take(88)  # general profile
    bits.take(8)  # general level
    present = [(bits.flag(), bits.flag()) for _ in range(sub_layers)]
    if sub_layers:
        bits.take(2 * (8 - sub_layers))
    for profile, level in present:
        bits.take(88 * profile + 8 * level)


def _cropped(bits: Bits, width: int, height: int, across: int, down: int) -> Size:
    """What is shown of a picture: the encoder knows only whole blocks, and says what to cut off."""
    if bits.flag():
        left, right, top, bottom = (bits.unsigned() for _ in range(4))
        width -= across * (left + right)
        height -= down * (top + bottom)
    if not (0 < width <= LARGEST_SIDE and 0 < height <= LARGEST_SIDE):
        raise ParameterSetError("no picture has that size")
    return Size(width, height)
