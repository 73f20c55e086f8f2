"""An RTSP camera by GStreamer, which shares no code with ours. Prints its port when it listens.

It is run by the system's own Python, which has GStreamer's bindings (Debian: python3-gi,
gir1.2-gst-rtsp-server-1.0 and GStreamer's plugins); so it is written for older ones, too. It ends
when its standard input does.
"""

import argparse
import sys
import threading

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

_PICTURE = (
    "videotestsrc is-live=true pattern=ball"
    " ! video/x-raw,width={width},height={height},framerate={fps}/1"
    ' ! clockoverlay time-format="%H:%M:%S" ! x264enc speed-preset=ultrafast'
    " key-int-max={fps} bframes={b_frames} {tune} byte-stream=true"
    " ! video/x-h264,profile={profile} ! rtph264pay name=pay0 pt=96 config-interval=-1"
)
_SOUND = (
    " audiotestsrc is-live=true wave=ticks ! audio/x-raw,rate=8000,channels=1"
    " ! alawenc ! rtppcmapay name=pay1 pt=8"
)


def main() -> None:
    """Serve until nobody wants it any more."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, usual in (("width", 320), ("height", 240), ("fps", 10), ("b_frames", 0), ("port", 0)):
        parser.add_argument("--" + name.replace("_", "-"), type=int, default=usual)
    parser.add_argument("--sound", action="store_true")
    parser.add_argument("--user")
    parser.add_argument("--password")
    parser.add_argument("--basic", action="store_true", help="instead of digest")
    given = parser.parse_args()
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(str(given.port))
    factory = GstRtspServer.RTSPMediaFactory()
    picture = _PICTURE.format(
        tune="" if given.b_frames else "tune=zerolatency",
        profile="main" if given.b_frames else "baseline",
        **vars(given),
    )
    factory.set_launch("( " + picture + (_SOUND if given.sound else "") + " )")
    factory.set_shared(True)
    factory.set_protocols(GstRtsp.RTSPLowerTrans.TCP)
    if given.user is not None:
        lock(server, factory, given)
    server.get_mount_points().add_factory("/stream", factory)
    server.attach(None)
    print(server.get_bound_port(), flush=True)  # noqa: T201 - whoever started it waits for this
    loop = GLib.MainLoop()
    threading.Thread(target=lambda: (sys.stdin.read(), loop.quit()), daemon=True).start()
    loop.run()


def lock(server, factory, given):  # type: ignore[no-untyped-def]  # GStreamer's bindings have no types
    """Ask for user and password."""
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    if given.basic:
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.BASIC)
        basic = GstRtspServer.RTSPAuth.make_basic(given.user, given.password)
        auth.add_basic(basic, token)
    else:
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest(given.user, given.password, token)
    server.set_auth(auth)
    factory.add_role_from_structure(
        Gst.Structure.from_string("viewer,media.factory.access=true,media.factory.construct=true")[
            0
        ]
    )


if __name__ == "__main__":
    main()
