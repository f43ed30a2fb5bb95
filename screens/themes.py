"""How a screen looks: theme, icons, font, scale and size, and how programs get them."""

from __future__ import annotations

import random
from dataclasses import dataclass

from deskhand.actions.geometry import Viewport
from deskhand.sandbox.protocol import Sandbox
from deskhand.screens.truth import arrange

GTK_THEMES = (
    "Adwaita",
    "Adwaita",
    "Adwaita-dark",
    "HighContrast",
    "HighContrastInverse",
    "Arc",
    "Arc-Dark",
    "Arc-Darker",
    "Numix",
    "Greybird",
    "Greybird-dark",
    "Materia",
    "Materia-dark",
    "Materia-light-compact",
    "Blackbird",
)
QT_STYLES = ("Fusion", "Fusion", "Windows", "Adwaita", "Adwaita-Dark", "Breeze")
ICONS = (
    "Adwaita",
    "Adwaita",
    "Papirus",
    "Papirus-Dark",
    "Numix",
    "gnome",
    "Tango",
    "elementary-xfce",
    "breeze",
)
FONTS = (
    "DejaVu Sans",
    "DejaVu Sans",
    "Noto Sans",
    "Noto Sans",
    "Liberation Sans",
    "Cantarell",
    "Open Sans",
    "Roboto",
    "Lato",
    "FreeSans",
    "Liberation Serif",
    "DejaVu Serif",
)
TITLES = (
    "Clearlooks",
    "Clearlooks",
    "Artwiz-boxed",
    "Bear2",
    "Clearlooks-3.4",
    "Clearlooks-Olive",
    "Mikachu",
    "Natura",
    "Onyx",
    "Onyx-Citrus",
    "Orang",
    "Syscrash",
    "Numix",
    "Arc",
    "Arc-Dark",
)
"""Themes of openbox, which paints the title bars."""

USUAL, LARGE, SMALL = Viewport(1280, 800), Viewport(1920, 1080), Viewport(1024, 768)
SIZES = (*[USUAL] * 9, LARGE, SMALL)
SCALES = (1.0, 1.0, 1.0, 1.0, 1.5, 2.0)
DOTS_PER_INCH = 96

_RC = ".config/openbox/rc.xml"
_OPENBOX = """<?xml version="1.0" encoding="UTF-8"?>
<openbox_config xmlns="http://openbox.org/3.4/rc">
  <theme><name>{theme}</name><titleLayout>{layout}</titleLayout><animateIconify>no</animateIconify>
    {fonts}
  </theme>
  <desktops><number>1</number><popupTime>0</popupTime></desktops>
  <placement><policy>{policy}</policy></placement>
  <mouse><context name="Client"><mousebind button="Left" action="Press"><action name="Focus"/>
    <action name="Raise"/></mousebind></context></mouse>
</openbox_config>
"""
_FONT = '<font place="{place}"><name>{name}</name><size>{size}</size><weight>{weight}</weight></font>'


@dataclass(frozen=True, slots=True)
class Theme:
    """What a person chose in the settings of a desktop.

    Attributes:
        gtk: theme of GTK programs.
        qt: style of Qt programs.
        icons: theme of the icons.
        font: family of the font.
        points: its size.
        scale: how much larger everything is than on a plain screen: 1, 1.5 or 2.
        size: the screen.
        title: theme of the title bars.
        overlay: scroll bars are hidden until the pointer comes near, where the toolkit can do that.
    """

    gtk: str = "Adwaita"
    qt: str = "Fusion"
    icons: str = "Adwaita"
    font: str = "DejaVu Sans"
    points: int = 10
    scale: float = 1.0
    size: Viewport = USUAL
    title: str = "Clearlooks"
    overlay: bool = False

    def words(self, toolkit: str) -> str:
        """The look in a few words: "Arc-Dark, Papirus, Noto Sans 10, x1, 1280x800"."""
        theme = self.qt if toolkit == "qt" else self.gtk
        return (
            f"{theme}, {self.icons}, {self.font} {self.points}, x{self.scale:g}, "
            f"{self.size.width}x{self.size.height}"
        )

    def environment(self) -> dict[str, str]:
        """The variables that programs get in their environment; only our own values."""
        whole = int(self.scale) if self.scale >= 2 else 1
        return {
            "GTK_THEME": self.gtk,
            "GDK_SCALE": str(whole),
            "GTK_OVERLAY_SCROLLING": "1" if self.overlay else "0",
            "QT_QPA_PLATFORMTHEME": "qt5ct",
            "QT_STYLE_OVERRIDE": self.qt,
            "QT_SCALE_FACTOR": str(whole),
            "QT_FONT_DPI": str(self._dots()),
            "SAL_USE_VCLPLUGIN": "gtk3",
        }

    def apply(self, sandbox: Sandbox) -> None:
        """Write the settings into the sandbox's home and have the window manager take its own."""
        for path, text in self._files().items():
            sandbox.write_file(path, text.encode())
        arrange(sandbox, "manage", _RC)

    def _dots(self) -> int:
        """Dots an inch of the fonts: a scale that is no whole number is made of larger fonts."""
        return round(DOTS_PER_INCH * (self.scale / int(self.scale)))

    def _files(self) -> dict[str, str]:
        dots, font = self._dots() * 1024, f"{self.font} {self.points}"
        gtk3 = (
            f"[Settings]\ngtk-enable-animations=0\ngtk-cursor-blink=0\ngtk-recent-files-enabled=0\n"
            f"gtk-theme-name={self.gtk}\ngtk-icon-theme-name={self.icons}\ngtk-font-name={font}\n"
            f"gtk-xft-dpi={dots}\ngtk-xft-antialias=1\n"
        )
        gtk2 = (
            f'gtk-theme-name="{self.gtk}"\ngtk-icon-theme-name="{self.icons}"\ngtk-font-name="{font}"\n'
            f"gtk-xft-dpi={dots}\ngtk-cursor-blink=0\ngtk-enable-animations=0\n"
        )
        palette = "/usr/share/qt5ct/colors/darker.conf" if "ark" in self.gtk else ""
        described = f'"{self.font},{self.points},-1,5,50,0,0,0,0,0"'
        qt = (
            f"[Appearance]\nicon_theme={self.icons}\nstyle={self.qt}\n"
            f"custom_palette={'true' if palette else 'false'}\ncolor_scheme_path={palette}\n"
            f"standard_dialogs=default\n[Fonts]\ngeneral={described}\nfixed={described}\n"
            "[Interface]\ncursor_flash_time=0\ngui_effects=@Invalid()\n"
        )
        return {
            ".config/gtk-3.0/settings.ini": gtk3,
            ".gtkrc-2.0": gtk2,
            ".config/qt5ct/qt5ct.conf": qt,
            _RC: self._openbox(),
        }

    def _openbox(self) -> str:
        chance = random.Random(repr(self))
        size = max(7, round(self.points * self.scale) - 1)
        places = ("ActiveWindow", "InactiveWindow")
        weight = chance.choice(("bold", "normal"))
        fonts = "".join(_FONT.format(place=p, name=self.font, size=size, weight=weight) for p in places)
        layout = chance.choice(("NLIMC", "NLIMC", "LIMC", "CIML", "NLC"))
        return _OPENBOX.format(
            theme=self.title, layout=layout, fonts=fonts, policy=chance.choice(("Smart", "UnderMouse"))
        )


def draw(chance: random.Random) -> Theme:
    """A look out of everything that is known here."""
    scale = chance.choice(SCALES)
    gtk = chance.choice(GTK_THEMES)
    return Theme(
        gtk=gtk,
        qt=chance.choice(QT_STYLES),
        icons=chance.choice(ICONS),
        font=chance.choice(FONTS),
        points=chance.choice((8, 9, 9, 10, 10, 10, 11, 11, 12, 14))
        if scale == 1
        else chance.choice((8, 9, 10)),
        scale=scale,
        size=chance.choice(SIZES)
        if scale < 2
        else chance.choice((Viewport(1920, 1080), Viewport(1280, 800))),
        title=chance.choice(TITLES),
        overlay=chance.random() < 0.15,
    )
