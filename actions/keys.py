"""Names of keys: pyautogui's own, and the many names that people and models use for them.

Runs inside sandboxes too: imports only the standard library.
"""

from __future__ import annotations

MODIFIERS = frozenset({"ctrl", "shift", "alt", "win"})

_NAMED = """
    enter tab space backspace delete esc insert home end pageup pagedown up down left right
    capslock numlock scrolllock printscreen pause apps
    ctrl shift alt win ctrlleft ctrlright shiftleft shiftright altleft altright winleft winright
    num0 num1 num2 num3 num4 num5 num6 num7 num8 num9 add subtract multiply divide decimal
    volumemute volumedown volumeup playpause nexttrack prevtrack stop
    browserback browserforward browserrefresh browserhome
"""
_PRINTABLE = "abcdefghijklmnopqrstuvwxyz0123456789`-=[]\\;',./~!@#$%^&*()_+{}|:\"<>?"

KEYS = frozenset(_NAMED.split()) | frozenset(_PRINTABLE) | frozenset(f"f{n}" for n in range(1, 25))
"""Every key name that an action may hold. Each is a key of pyautogui under the same name."""

_ALIASES = {
    "arrowup": "up", "uparrow": "up", "arrowdown": "down", "downarrow": "down",
    "arrowleft": "left", "leftarrow": "left", "arrowright": "right", "rightarrow": "right",
    "return": "enter", "ret": "enter", "kpenter": "enter", "newline": "enter", "\n": "enter",
    "escape": "esc", "del": "delete", "ins": "insert", "bksp": "backspace", "back": "backspace",
    "backspc": "backspace", "spacebar": "space", " ": "space", "\t": "tab",
    "pgup": "pageup", "prior": "pageup", "pgdn": "pagedown", "pgdown": "pagedown", "next": "pagedown",
    "control": "ctrl", "ctl": "ctrl", "ctrll": "ctrlleft", "ctrlr": "ctrlright",
    "controll": "ctrlleft", "controlr": "ctrlright", "lctrl": "ctrlleft", "rctrl": "ctrlright",
    "leftctrl": "ctrlleft", "rightctrl": "ctrlright", "shiftl": "shiftleft", "shiftr": "shiftright",
    "lshift": "shiftleft", "rshift": "shiftright", "leftshift": "shiftleft", "rightshift": "shiftright",
    "altl": "altleft", "altr": "altright", "lalt": "altleft", "ralt": "altright", "altgr": "altright",
    "option": "alt", "opt": "alt", "leftalt": "altleft", "rightalt": "altright",
    "cmd": "win", "command": "win", "super": "win", "meta": "win", "windows": "win", "winkey": "win",
    "superl": "winleft", "superr": "winright", "metal": "winleft", "metar": "winright",
    "lwin": "winleft", "rwin": "winright",
    "caps": "capslock", "prtsc": "printscreen", "prtscr": "printscreen", "printscr": "printscreen",
    "prntscrn": "printscreen", "print": "printscreen", "snapshot": "printscreen",
    "menu": "apps", "contextmenu": "apps",
    "plus": "+", "minus": "-", "equal": "=", "equals": "=", "comma": ",", "period": ".", "dot": ".",
    "slash": "/", "backslash": "\\", "semicolon": ";", "apostrophe": "'", "quote": "'",
    "grave": "`", "backtick": "`", "tilde": "~", "bracketleft": "[", "bracketright": "]",
    "asterisk": "*", "star": "*", "underscore": "_",
    "kpadd": "add", "kpsubtract": "subtract", "kpmultiply": "multiply", "kpdivide": "divide",
    "kpdecimal": "decimal", "audiomute": "volumemute", "mute": "volumemute",
    "audiolowervolume": "volumedown", "audioraisevolume": "volumeup",
    **{f"kp{n}": f"num{n}" for n in range(10)},
    **{f"numpad{n}": f"num{n}" for n in range(10)},
}  # fmt: skip

ALIASES = _ALIASES
"""Alternative names, written in lower case without spaces, dashes and underscores."""

STOP_CHORD = ("shift", "esc")
"""What a person presses to stop an agent that drives the real desktop.

Xfce, GNOME, MATE and openbox leave it free, while ctrl+alt+escape is taken in the first three.
One hand reaches it on any keyboard and layout, and a shift that is held while the agent's keys arrive
makes capitals, where ctrl, alt or the super key would make commands.
"""

_FORBIDDEN = (
    (frozenset(STOP_CHORD), "it is how a person stops an agent"),
    (frozenset({"ctrl", "alt", "backspace"}), "it kills the display server"),
    (frozenset({"ctrl", "alt", "delete"}), "it belongs to the machine, not to an application"),
    (frozenset({"alt", "printscreen"}), "it is the kernel's SysRq key"),
    *((frozenset({"ctrl", "alt", f"f{n}"}), "it switches the console") for n in range(1, 13)),
)

_SIDED = {
    "ctrlleft": "ctrl", "ctrlright": "ctrl", "shiftleft": "shift", "shiftright": "shift",
    "altleft": "alt", "altright": "alt", "winleft": "win", "winright": "win",
}  # fmt: skip


def canonical_key(name: str) -> str:
    """The one name of a key: ``canonical_key("Page Down") == "pagedown"``.

    Raises:
        ValueError: no key has that name; pyautogui itself would silently do nothing.
    """
    if name in KEYS:
        return name
    lowered = name.lower()
    if lowered in KEYS:
        return lowered
    if lowered in _ALIASES:
        return _ALIASES[lowered]
    folded = "".join(c for c in lowered if c not in " -_")
    if folded in KEYS:
        return folded
    if folded in _ALIASES:
        return _ALIASES[folded]
    raise ValueError(f"there is no key named {name[:40]!r}")


def forbidden_chord(keys: tuple[str, ...] | list[str]) -> str | None:
    """Why a chord may not be pressed, or None if it may.

    A chord is judged by all keys that would be down together, so pass the held ones too.
    """
    down = {_SIDED.get(key, key) for key in keys}
    for chord, reason in _FORBIDDEN:
        if chord <= down:
            return f"{'+'.join(keys)} is forbidden: {reason}"
    return None
