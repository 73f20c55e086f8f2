"""Where makers of cameras have their main stream, for those that do not say it themselves."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KnownPath:
    """The path of the main stream of a maker's cameras; ``maker`` in lower case."""

    maker: str
    path: str


# What the makers' own manuals say. None with a password in it: it would be shown to everybody on the way.
KNOWN_PATHS = (
    KnownPath("hikvision", "/Streaming/Channels/101"),
    KnownPath("dahua", "/cam/realmonitor?channel=1&subtype=0"),
    KnownPath("reolink", "/h264Preview_01_main"),
    KnownPath("axis", "/axis-media/media.amp"),
    KnownPath("tp-link", "/stream1"),
    KnownPath("amcrest", "/cam/realmonitor?channel=1&subtype=0"),
    KnownPath("foscam", "/videoMain"),
    KnownPath("hanwha", "/profile1/media.smp"),
    KnownPath("uniview", "/media/video1"),
    KnownPath("vivotek", "/live.sdp"),
    KnownPath("bosch", "/rtsp_tunnel"),
    KnownPath("panasonic", "/MediaInput/h264"),
    KnownPath("sony", "/media/video1"),
    KnownPath("d-link", "/live1.sdp"),
    KnownPath("ezviz", "/h264_stream"),
    KnownPath("wyze", "/live"),
    KnownPath("mobotix", "/mobotix.h264"),
    KnownPath("grandstream", "/0"),
    KnownPath("avtech", "/live/ch00_0"),
    KnownPath("ubiquiti", "/s0"),
)
# Makers that answer under the name of another, or of a brand.
_ALSO = {
    "tapo": "tp-link",
    "vigi": "tp-link",
    "hilook": "hikvision",
    "annke": "hikvision",
    "lorex": "dahua",
    "imou": "dahua",
    "samsung": "hanwha",
    "wisenet": "hanwha",
    "dlink": "d-link",
    "unifi": "ubiquiti",
}
_WITHOUT_PATH = "/"


def paths_for(*said: str) -> tuple[str, ...]:
    """All paths to try, the likeliest first, given what a camera said of itself."""
    text = " ".join(said).lower()
    makers = {maker for word, maker in _ALSO.items() if word in text}
    likely = [known.path for known in KNOWN_PATHS if known.maker in text or known.maker in makers]
    rest = [known.path for known in KNOWN_PATHS]
    return tuple(dict.fromkeys((*likely, _WITHOUT_PATH, *rest)))
