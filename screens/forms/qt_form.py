"""A window of Qt with drawn widgets and words, for screens whose truth is to be known.

    python3 qt_form.py form.json

The file has "seed", "words" (single ones) and "phrases"; the same file gives the same window. F5 draws
another window in place of this one. It runs inside the sandbox, under its python3 with python3-pyqt5.
"""

from __future__ import annotations

import importlib
import json
import random
import sys
from pathlib import Path
from typing import Any

ICONS = (
    "document-new document-open document-save edit-cut edit-copy edit-paste edit-undo edit-redo edit-delete "
    "edit-find list-add list-remove go-up go-down go-previous go-next go-home view-refresh process-stop "
    "zoom-in zoom-out media-playback-start media-playback-pause media-skip-forward user-trash folder "
    "folder-new help-about preferences-system printer mail-send system-search window-close starred "
    "view-list-icons view-list-details mail-unread bookmark-new system-shutdown dialog-information "
    "dialog-warning edit-clear format-text-bold format-text-italic format-justify-left insert-image"
).split()


class QtForm:
    """Draws and builds the window."""

    def __init__(self, widgets: Any, gui: Any, core: Any, wanted: dict[str, Any]) -> None:
        self.w, self.gui, self.core = widgets, gui, core
        self.chance = random.Random(wanted["seed"])
        self._words, self._phrases = wanted["words"], wanted["phrases"]
        self.first: Any = None

    def word(self) -> str:
        return str(self.chance.choice(self._words))

    def words(self, most: int = 3) -> str:
        text = " ".join(self.word() for _ in range(self.chance.randint(1, most)))
        return text[:1].upper() + text[1:] if self.chance.random() < 0.7 else text

    def phrase(self) -> str:
        return str(self.chance.choice(self._phrases))

    def likely(self, share: float) -> bool:
        return self.chance.random() < share

    def icon(self) -> Any:
        """A picture of the theme; where it has none of that name, one of the style."""
        found = self.gui.QIcon.fromTheme(self.chance.choice(ICONS))
        return (
            self.w.QApplication.style().standardIcon(self.chance.randint(0, 60)) if found.isNull() else found
        )

    # What follows makes one widget each.

    def button(self) -> Any:
        button = self.w.QPushButton(self.words(2))
        if self.likely(0.2):
            button.setIcon(self.icon())
        if self.likely(0.1):
            button.setFlat(True)
        if self.likely(0.15):
            button.setCheckable(True)
            button.setChecked(self.likely(0.5))
        return button

    def icon_button(self) -> Any:
        button = self.w.QToolButton()
        button.setIcon(self.icon())
        button.setAutoRaise(self.likely(0.6))
        side = self.chance.choice((16, 16, 22, 24, 32))
        button.setIconSize(self.core.QSize(side, side))
        if self.likely(0.7):
            button.setText(self.words(2))
        if self.likely(0.5):
            button.setToolTip(self.words(2))
        return button

    def buttons(self) -> Any:
        return self.row(
            [
                self.icon_button() if self.likely(0.5) else self.button()
                for _ in range(self.chance.randint(2, 5))
            ]
        )

    def check(self) -> Any:
        box = self.w.QCheckBox(self.words())
        box.setChecked(self.likely(0.5))
        return box

    def checks(self) -> Any:
        return self.pile([self.check() for _ in range(self.chance.randint(2, 5))])

    def radios(self) -> Any:
        buttons = [self.w.QRadioButton(self.words(2)) for _ in range(self.chance.randint(2, 4))]
        self.chance.choice(buttons).setChecked(True)
        return self.row(buttons) if self.likely(0.3) else self.pile(buttons)

    def labelled(self, widget: Any) -> Any:
        """A widget with its label before or above it."""
        label = self.w.QLabel(self.words(2) + (":" if self.likely(0.6) else ""))
        label.setBuddy(widget)
        return self.pile([label, widget]) if self.likely(0.3) else self.row([label, widget])

    def entry(self) -> Any:
        entry = self.w.QLineEdit()
        kind = self.chance.random()
        if kind < 0.45:
            entry.setText(self.phrase() if self.likely(0.4) else self.words())
        elif kind < 0.65:
            entry.setPlaceholderText(self.words())
        elif kind < 0.75:
            entry.setEchoMode(entry.Password)
            entry.setText(self.word())
        if self.likely(0.15):
            entry.setClearButtonEnabled(True)
        entry.setMinimumWidth(self.chance.randint(60, 220))
        self.first = self.first or entry
        return self.labelled(entry) if self.likely(0.75) else entry

    def spin(self) -> Any:
        spin = self.w.QDoubleSpinBox() if self.likely(0.3) else self.w.QSpinBox()
        spin.setMaximum(1000)
        spin.setValue(self.chance.randint(0, 1000))
        if self.likely(0.2):
            spin.setSuffix(self.chance.choice((" px", " %", " ms")))
        return self.labelled(spin)

    def date(self) -> Any:
        date = self.w.QDateEdit(
            self.core.QDate(2000 + self.chance.randint(0, 29), self.chance.randint(1, 12), 7)
        )
        date.setCalendarPopup(self.likely(0.5))
        return self.labelled(date)

    def combo(self) -> Any:
        combo = self.w.QComboBox()
        combo.addItems([self.words(2) for _ in range(self.chance.randint(2, 8))])
        combo.setEditable(self.likely(0.25))
        return self.labelled(combo) if self.likely(0.7) else combo

    def slider(self) -> Any:
        slider = self.w.QSlider(self.core.Qt.Vertical if self.likely(0.15) else self.core.Qt.Horizontal)
        slider.setValue(self.chance.randint(0, 99))
        slider.setMinimumSize(90, 20)
        if self.likely(0.3):
            slider.setTickPosition(slider.TicksBelow)
        return slider

    def dial(self) -> Any:
        dial = self.w.QDial()
        dial.setValue(self.chance.randint(0, 99))
        dial.setMaximumSize(70, 70)
        return dial

    def progress(self) -> Any:
        bar = self.w.QProgressBar()
        bar.setValue(self.chance.randint(0, 100))
        bar.setTextVisible(self.likely(0.5))
        return bar

    def paragraph(self) -> Any:
        label = self.w.QLabel(" ".join(self.phrase() for _ in range(self.chance.randint(1, 3))))
        label.setWordWrap(True)
        return label

    def heading(self) -> Any:
        label = self.w.QLabel(self.words())
        font = label.font()
        font.setBold(True)
        font.setPointSizeF(font.pointSizeF() * self.chance.choice((0.85, 1, 1.3, 1.7)))
        label.setFont(font)
        return label

    def separator(self) -> Any:
        line = self.w.QFrame()
        line.setFrameShape(line.HLine)
        line.setFrameShadow(line.Sunken)
        return line

    def sized(self, widget: Any, low: int, high: int) -> Any:
        """A list or a text of a drawn size. The bars of lists are off: Qt does not report them."""
        if not isinstance(widget, self.w.QPlainTextEdit | self.w.QTextEdit):
            widget.setVerticalScrollBarPolicy(self.core.Qt.ScrollBarAlwaysOff)
            widget.setHorizontalScrollBarPolicy(self.core.Qt.ScrollBarAlwaysOff)
        widget.setFixedHeight(self.chance.randint(low, high))
        widget.setMinimumWidth(self.chance.randint(140, 300))
        return widget

    def area(self) -> Any:
        view = self.w.QPlainTextEdit() if self.likely(0.5) else self.w.QTextEdit()
        if self.likely(0.7):
            view.setPlainText("\n".join(self.phrase() for _ in range(self.chance.randint(1, 14))))
        elif self.likely(0.5):
            view.setPlaceholderText(self.words())
        return self.sized(view, 60, 180)

    def table(self) -> Any:
        rows, columns = self.chance.randint(1, 12), self.chance.randint(1, 4)
        table = self.w.QTableWidget(rows, columns)
        table.setHorizontalHeaderLabels([self.word() for _ in range(columns)])
        for row in range(rows):
            for column in range(columns):
                item = self.w.QTableWidgetItem(self.words(2) if self.likely(0.9) else "")
                if self.likely(0.1):
                    item.setCheckState(self.core.Qt.Checked if self.likely(0.5) else self.core.Qt.Unchecked)
                table.setItem(row, column, item)
        table.verticalHeader().setVisible(self.likely(0.5))
        table.setShowGrid(self.likely(0.6))
        table.setAlternatingRowColors(self.likely(0.4))
        if self.likely(0.5):
            table.setSelectionBehavior(table.SelectRows)
        if self.likely(0.6):
            table.setCurrentCell(rows // 2, 0)
        return self.sized(table, 90, 240)

    def tree(self) -> Any:
        tree = self.w.QTreeWidget()
        columns = self.chance.randint(1, 3)
        tree.setHeaderLabels([self.word() for _ in range(columns)])
        tree.setHeaderHidden(self.likely(0.3))
        for _ in range(self.chance.randint(2, 7)):
            top = self.w.QTreeWidgetItem(tree, [self.words(2) for _ in range(columns)])
            if self.likely(0.5):
                top.setIcon(0, self.icon())
            for _ in range(self.chance.randint(0, 3)):
                self.w.QTreeWidgetItem(top, [self.words(2) for _ in range(columns)])
            top.setExpanded(self.likely(0.6))
        if self.likely(0.6):
            tree.setCurrentItem(tree.topLevelItem(0))
        return self.sized(tree, 100, 240)

    def rows(self) -> Any:
        view = self.w.QListWidget()
        for _ in range(self.chance.randint(2, 12)):
            item = self.w.QListWidgetItem(self.words(), view)
            if self.likely(0.4):
                item.setIcon(self.icon())
        view.setAlternatingRowColors(self.likely(0.3))
        if self.likely(0.6):
            view.setCurrentRow(1)
        return self.sized(view, 70, 220)

    def pictures(self) -> Any:
        view = self.w.QListWidget()
        view.setViewMode(view.IconMode)
        side = self.chance.choice((24, 32, 48))
        view.setIconSize(self.core.QSize(side, side))
        view.setGridSize(self.core.QSize(96, side + 40))
        for _ in range(self.chance.randint(3, 12)):
            self.w.QListWidgetItem(self.icon(), self.words(2), view)
        if self.likely(0.5):
            view.setCurrentRow(1)
        return self.sized(view, 120, 240)

    def frame(self) -> Any:
        box = self.w.QGroupBox(self.words(2))
        box.setCheckable(self.likely(0.2))
        inner = self.w.QVBoxLayout(box)
        inner.addWidget(self.column(self.chance.randint(1, 3)))
        return box

    def notebook(self) -> Any:
        book = self.w.QTabWidget()
        book.setTabPosition(self.chance.choice((0, 0, 0, 1, 2)))
        book.setTabsClosable(self.likely(0.15))
        book.setDocumentMode(self.likely(0.2))
        for _ in range(self.chance.randint(2, 5)):
            page = self.column(self.chance.randint(2, 5))
            if self.likely(0.2):
                book.addTab(page, self.icon(), self.words(2))
            else:
                book.addTab(page, self.words(2))
        return book

    KINDS = (
        *(
            "button buttons buttons icon_button check checks checks radios entry entry entry entry spin date"
        ).split(),
        *(
            "combo combo slider dial progress paragraph heading separator area table tree rows pictures frame"
        ).split(),
    )

    def widget(self) -> Any:
        widget = getattr(self, self.chance.choice(self.KINDS))()
        if self.likely(0.1):
            widget.setEnabled(False)
        return widget

    def row(self, widgets: list[Any]) -> Any:
        return self._laid(self.w.QHBoxLayout(), widgets, stretch=self.likely(0.5))

    def pile(self, widgets: list[Any]) -> Any:
        return self._laid(self.w.QVBoxLayout(), widgets, stretch=False)

    def _laid(self, layout: Any, widgets: list[Any], *, stretch: bool) -> Any:
        holder = self.w.QWidget()
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(self.chance.choice((2, 4, 6, 10)))
        for widget in widgets:
            layout.addWidget(widget)
        if stretch:
            layout.addStretch()
        holder.setLayout(layout)
        return holder

    def column(self, count: int) -> Any:
        layout = self.w.QVBoxLayout()
        layout.setSpacing(self.chance.choice((2, 4, 6, 10)))
        for _ in range(count):
            layout.addWidget(self.widget())
        layout.addStretch()
        holder = self.w.QWidget()
        holder.setLayout(layout)
        return holder

    def fill_menus(self, bar: Any) -> None:
        for _ in range(self.chance.randint(3, 7)):
            self._fill_menu(bar.addMenu(self.word().capitalize()), depth=1)

    def _fill_menu(self, menu: Any, depth: int) -> None:
        for _ in range(self.chance.randint(3, 12)):
            kind = self.chance.random()
            if kind < 0.15:
                menu.addSeparator()
            elif depth and kind > 0.9:
                self._fill_menu(menu.addMenu(self.words(2)), depth - 1)
            else:
                action = menu.addAction(self.words() + ("..." if self.likely(0.2) else ""))
                if kind < 0.3:
                    action.setCheckable(True)
                    action.setChecked(self.likely(0.5))
                elif kind < 0.5:
                    action.setIcon(self.icon())
                if self.likely(0.3):
                    action.setShortcut(f"Ctrl+{self.chance.choice('ABCDEFGHJKLMNPQRSTUVWXYZ')}")
                action.setEnabled(self.likely(0.85))

    def fill_tools(self, bar: Any) -> None:
        bar.setToolButtonStyle(self.chance.choice((0, 0, 0, 1, 2, 3)))
        side = self.chance.choice((16, 22, 24, 32))
        bar.setIconSize(self.core.QSize(side, side))
        for _ in range(self.chance.randint(4, 12)):
            if self.likely(0.12):
                bar.addSeparator()
            else:
                action = bar.addAction(self.icon(), self.word().capitalize())
                action.setCheckable(self.likely(0.1))
                action.setEnabled(self.likely(0.85))

    def window(self) -> Any:
        """A window with drawn content; F5 draws another one into it."""
        window = self.w.QMainWindow()
        self._fill(window)
        window.resize(self.chance.randint(380, 1240), self.chance.randint(320, 720))
        again = self.w.QShortcut(self.gui.QKeySequence("F5"), window)
        again.activated.connect(lambda: self._redraw(window))
        return window

    def _redraw(self, window: Any) -> None:
        self.first = None
        window.menuBar().clear()
        for bar in window.findChildren(self.w.QToolBar):
            window.removeToolBar(bar)
            bar.deleteLater()
        window.setStatusBar(None)
        self._fill(window)

    def _fill(self, window: Any) -> None:
        window.setWindowTitle(self.words())
        if self.likely(0.6):
            self.fill_menus(window.menuBar())
        if self.likely(0.5):
            self.fill_tools(window.addToolBar("tools"))
        inner = self.w.QWidget()
        across = self.w.QHBoxLayout()
        for _ in range(self.chance.choice((1, 2, 2, 3))):
            across.addWidget(
                self.notebook() if self.likely(0.35) else self.column(self.chance.randint(3, 9)),
                self.chance.randint(0, 2),
            )
        inner.setLayout(across)
        scroller = self.w.QScrollArea()
        scroller.setWidgetResizable(True)
        scroller.setWidget(inner)
        scroller.setFrameShape(0)
        window.setCentralWidget(scroller)
        if self.likely(0.4):
            window.statusBar().addWidget(self.w.QLabel(self.phrase()))
        if self.first is not None and self.likely(0.7):
            self.first.setFocus()
            self.first.selectAll()


def main(path: str) -> None:
    parts = [importlib.import_module(f"PyQt5.Qt{part}") for part in ("Widgets", "Gui", "Core")]
    application = parts[0].QApplication(["form"])
    form = QtForm(parts[0], parts[1], parts[2], json.loads(Path(path).read_text(encoding="utf-8")))
    window = form.window()
    window.show()
    application.exec_()


if __name__ == "__main__":
    main(sys.argv[1])
