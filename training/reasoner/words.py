"""Words from which synthetic tasks are made: vocabulary, names, and intents that avoid their label.

Nothing that a benchmark keeps for measuring is among them.
"""

from __future__ import annotations

import random

from deskhand.screens.variation import ADJECTIVES, NOUNS, VERBS

_KEPT_APART = frozenset((*NOUNS.unseen, *ADJECTIVES.unseen, *VERBS.unseen))

_PLAIN = """
    apple bread cloud dream eagle field grape house island jacket kettle ladder mirror needle onion pencil
    queen rabbit silver table uncle valley wagon yard zebra answer basket circle dollar energy flower guitar
    hammer insect jungle kingdom lemon monkey nature ocean people queue rain sugar tower umbrella vacation
    water year zone actor board chair desk east fruit glass horse idea job key lake month night order page
    question road ship town unit visit wall year blue careful deep easy fair great hard kind large modern
    near open plain quick rich safe tall useful warm young begin build call drive enter follow grow help
    invite join keep learn mix notice offer pay read send teach use visit walk add bring count deliver
    between under after before during until today tomorrow monday friday july april north south left right
    address account archive backup budget cable chapter column contract copy data deadline design detail
    document email error event example export figure format function group guide header history image
    index input item journal label layout level link list log manual map master member menu message model
    module network note number option outline output package password phone picture plan print profile
    program project proposal quality record reference release request result review route sample schedule
    script section server session setting sheet signal site sketch source status summary support survey
    system target task template ticket topic track update user value version video view volume weekly
""".split()

PLAIN = tuple(dict.fromkeys(w for w in (*_PLAIN, *NOUNS.seen, *ADJECTIVES.seen) if w not in _KEPT_APART))

_SYLLABLES = "ba be bo da di do fa fi ga go ka ki ko la le li lo ma mi mo na ne no pa pe ra ri ro sa se ta te to va vi za".split()  # noqa: E501
_ENDINGS = "txt txt txt md log csv json py html cfg ini doc pdf png xml".split()
_FOREIGN = (
    "안녕하세요",
    "보고서",
    "Grüße aus Köln",
    "résumé",
    "naïve café",
    "привет мир",
    "こんにちは",
    "会议记录",
    "mañana",
    "señor",
    "Übung",
    "Ελλάδα",
    "🙂",
    "done ✅",
    "10 €",
    "été",
    "smörgås",
    "한글 문서",
)


def word(chance: random.Random) -> str:
    """A word: mostly a common one, sometimes one that does not exist."""
    if chance.random() < 0.75:
        return chance.choice(PLAIN)
    return "".join(chance.choice(_SYLLABLES) for _ in range(chance.randint(2, 4)))


def sentence(chance: random.Random) -> str:
    """A text somebody could want typed, without the quotes that would be put around it."""
    draw = chance.random()
    if draw < 0.05:
        return chance.choice(_FOREIGN)
    words = [word(chance) for _ in range(chance.choice((1, 2, 2, 3, 3, 4, 5, 6, 8)))]
    if chance.random() < 0.2:
        words.insert(chance.randrange(len(words) + 1), str(chance.randint(1, 9999)))
    if chance.random() < 0.05:
        words.append(chance.choice(_FOREIGN))
    text = " ".join(words)
    if chance.random() < 0.4:
        text = text[0].upper() + text[1:]
    if chance.random() < 0.15 and len(words) > 3:
        text = text.replace(" ", ", ", 1)
    return text + chance.choice(("", "", "", ".", "!", "?", ":"))


def plain_words(chance: random.Random) -> str:
    """One to four words without signs, as a shell takes them without quotes."""
    return " ".join(word(chance) for _ in range(chance.randint(1, 4)))


def file_name(chance: random.Random, ending: bool = True) -> str:
    """A file's name: "budget.txt", "old-plan.md", "track_12.csv"."""
    first, second = word(chance), word(chance)
    stem = chance.choice(
        (
            first,
            first,
            first,
            f"{first}-{second}",
            f"{first}_{second}",
            f"{first}{chance.randint(1, 99)}",
            f"{first}_{chance.randint(1, 999)}",
            f"{first}-{chance.randint(2001, 2031)}",
            first.capitalize(),
        )
    )
    return f"{stem}.{chance.choice(_ENDINGS)}" if ending else stem


def folder_name(chance: random.Random) -> str:
    """A folder's name, mostly without an ending."""
    return file_name(chance, ending=False)


LABELS = tuple(
    "Apply;OK;Back;Continue;Finish;Options;Preferences;View;Tools;Window;Format;Insert;History;Downloads;"
    "Extensions;Themes;Account;Billing;Security;Privacy;Notifications;Messages;Contacts;Photos;Videos;"
    "Music;Documents;Pictures;Desktop;Trash;Recent;Favorites;Tags;Categories;Reports;Dashboard;Users;"
    "Groups;Roles;Permissions;Projects;Tasks;Issues;Releases;Packages;Wiki;Activity;Overview;Details;"
    "Summary;Description;Comments;Reviews;Price;Quantity;Total;Shipping;Address;Payment;Coupon;Orders;"
    "Returns;Wishlist;Compare;Brand;Size;Color;Age;Date;Time;Location;Map;Directions;Weather;News;Sports;"
    "Travel;Hotels;Flights;Cars;Email;Phone;First name;Last name;Username;City;Country;Zip code;Company;"
    "Website;Subject;Message;Priority;Status;Due date;Label;Milestone;Version;License;About;Exit;Quit;"
    "Properties;Advanced;General;Network;Display;Sound;Keyboard;Mouse;Printer;Storage;Battery;Bluetooth;"
    "Wi-Fi;Proxy;Firewall;Backup;Restore;Sync;Reset;Clear;Run;Debug;Build;Test;Stop;Start;Pin;Follow;"
    "Report;Hide;Show;Expand;Collapse;Lock;Unlock;Enable;Disable;Connect;Disconnect;Invite;Join;Leave;"
    "Merge;Split;Rotate;Crop;Flip;Layer;Opacity;Font;Margin;Header;Footer;Table;Chart;Link;Image;Cancel;"
    "Save;Open;Close;Yes;No;Replace;Find;Rename;Delete;New Folder;Select All;Paste;Copy;Cut;Undo;Redo;"
    "Zoom In;Zoom Out;Full Screen;Next;Previous;Submit;Sign in;Log out;Search;Help;Settings;"
    "Home;Edit;File".split(";")
)
"""What stands on buttons, tabs and menus."""

INTENTS: dict[str, tuple[str, ...]] = {
    "Open": ("load an existing document", "bring up a file from disk", "pull up an existing project"),
    "Search": ("look something up", "find an item", "look for a word"),
    "Cancel": ("never mind, abort this", "back out without doing anything", "I changed my mind"),
    "Submit": ("send the form", "hand in the form", "turn in my answers"),
    "Log out": ("end my session", "leave my account", "disconnect my user"),
    "Copy": ("put the selection on the clipboard", "I want the same text somewhere else"),
    "Paste": ("insert what is on the clipboard", "drop in the text I took earlier"),
    "Undo": ("reverse the last change", "take back what I just did", "that was a mistake"),
    "Redo": ("do again what I reversed", "reapply the reverted change"),
    "Help": ("I need assistance", "show me the documentation", "explain how to use this"),
    "Settings": ("change the preferences", "configure the app", "adjust how the program behaves"),
    "Download": ("get this file onto my computer", "fetch the file", "grab a local copy"),
    "Upload": ("put my file on the server", "transfer my file to the cloud"),
    "Share": ("let my friends see this", "send this to other people", "give others access"),
    "Refresh": ("reload the page", "get the latest data", "bring the list up to date"),
    "Close": ("shut this window", "make this dialog go away", "dismiss this panel"),
    "Next": ("go to the following page", "move forward one step"),
    "Previous": ("go back one page", "show the earlier step"),
    "Play": ("start the video", "begin the music", "start playback"),
    "Pause": ("hold the video for a moment", "freeze playback"),
    "Mute": ("turn off the sound", "silence the audio"),
    "Zoom In": ("make everything bigger", "magnify the view"),
    "Zoom Out": ("make everything smaller", "shrink the view"),
    "Add to cart": ("I want to buy this item", "put this product in my basket"),
    "Checkout": ("pay for my order", "finish the purchase"),
    "Reply": ("answer this message", "write back to the sender"),
    "Forward": ("pass this email on to someone else", "relay the message"),
    "Send": ("dispatch the message", "deliver this email now"),
    "Print": ("put this on paper", "I need a hard copy"),
    "Bold": ("make the text thicker", "use heavy type"),
    "Italic": ("slant the text", "make the letters lean"),
    "Filter": ("show only matching rows", "cut the list down to what fits"),
    "Sort": ("put the list in order", "arrange the rows alphabetically"),
    "Export": ("save the data in another format", "get the data out of this app"),
    "Import": ("bring in data from another program", "load contacts from a file"),
    "Install": ("put the application on my computer", "add the software"),
    "Update": ("get the newest version", "upgrade the software"),
    "Restart": ("reboot the machine", "turn the computer off and on again"),
    "Accept": ("agree to the terms", "I consent"),
    "Decline": ("refuse the offer", "turn it down"),
    "Retry": ("attempt it again", "give it another go"),
    "Bookmark": ("remember this page for later", "keep this site in my favourites"),
    "Inbox": ("check my mail", "see received messages"),
    "Dark mode": ("use a black background", "make the screen less bright at night"),
    "Language": ("switch to French", "show the interface in German"),
    "Delete": ("get rid of this", "remove this item permanently", "throw this away"),
}
"""A label, and ways of wanting it without naming it."""
