"""``deskhand sandbox``: images of virtual machines, and the sandboxes that run on this machine."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from deskhand.cli.serve import serve
from deskhand.errors import UsageError

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="""Build and remove images of guests; list, serve and stop sandboxes.

    Example: deskhand sandbox build""",
)


app.command("serve")(serve)


@app.command("build")
def build(
    small: Annotated[
        bool, typer.Option("--small", help="Install only an editor, a calculator and a terminal.")
    ] = False,
    extras: Annotated[
        str,
        typer.Option(
            "--with",
            help="Programs to add, with commas: chromium, firefox, gimp, libreoffice, vlc; default: none.",
        ),
    ] = "",
    suite: Annotated[str, typer.Option(help="Debian release to build.")] = "bookworm",
    force: Annotated[bool, typer.Option("--force", help="Build the image again even if it exists.")] = False,
) -> None:
    """Build the image that virtual machines boot from: a Debian desktop, as a folder and as a disk.

    The desktop has a panel without a clock, two text editors, two file managers, a calculator, a
    terminal, an image viewer, fonts for most scripts and emoji, and the accessibility service. Packages
    come from the mirrors that this machine uses, or from Debian's public archive. It takes about a minute
    and 2 GB. Root is not needed: another user needs a range of subordinate ids (/etc/subuid).

    The name of an image depends on its contents, so an existing one is not built again. Images are stored
    in DESKHAND_IMAGES, else in ~/.cache/deskhand/images, for root in /var/cache/deskhand/images. The last
    line printed is the folder.

    Example: deskhand sandbox build --with chromium,libreoffice
    """
    from deskhand.cli.console import progress_bar
    from deskhand.sandbox.image.build import build_image
    from deskhand.sandbox.image.recipe import recipe

    wanted = recipe("small" if small else "desktop", [word for word in extras.split(",") if word], suite)
    with progress_bar() as progress:
        image = build_image(wanted, progress, force=force)
    typer.echo(image.folder)


@app.command("list")
def listing(
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object a line instead of a table.")
    ] = False,
) -> None:
    """List the images of this machine, and the sandboxes that run on it.

    A template is the saved memory of a booted machine, from which others are cloned. A sandbox without an
    owner was left by a program that was killed; the next start of a sandbox removes it. With --json,
    "what" is image or sandbox; sizes are in MiB, ages in seconds.

    Example: deskhand sandbox list
    """
    from deskhand import paths
    from deskhand.cli.console import print_rows
    from deskhand.sandbox.image.store import images
    from deskhand.sandbox.instances import found

    image_rows: list[dict[str, Any]] = [
        {
            "what": "image",
            "name": image.name,
            "suite": image.manifest.recipe.suite,
            "packages": len(image.manifest.packages),
            "disk_mb": image.disk_bytes() >> 20,
            "templates": len(image.template_folders()),
            "templates_mb": image.template_bytes() >> 20,
            "made": image.manifest.made.strftime("%Y-%m-%d %H:%M"),
            "folder": str(image.folder),
        }
        for image in images()
    ]
    sandbox_rows: list[dict[str, Any]] = [
        {
            "what": "sandbox",
            "name": one.name,
            "kind": one.kind or "unknown",
            "pid": one.pid,
            "age_s": round(one.age_s),
            "owned": "yes" if one.owned else "no",
        }
        for one in found(paths.state_dir())
    ]
    for title, rows in (
        (f"Images in {paths.images_dir()}", image_rows),
        (f"Sandboxes in {paths.state_dir()}", sandbox_rows),
    ):
        if json:
            print_rows(title, rows, as_json=True)
        elif rows:
            left_out = ("what", "folder")
            shown = [{key: value for key, value in row.items() if key not in left_out} for row in rows]
            print_rows(title, shown, as_json=False)
        else:
            typer.echo(f"{title}: none")


@app.command("rm")
def remove(
    name: Annotated[
        str,
        typer.Argument(help="Name of the image, as `deskhand sandbox list` prints it.", show_default=False),
    ],
) -> None:
    """Remove an image and its templates. An image that a running sandbox uses is not removed.

    Example: deskhand sandbox rm desktop-1a2b3c4d
    """
    from deskhand.sandbox.image.store import remove_image

    remove_image(name)


@app.command("stop")
def stop(
    name: Annotated[
        str | None,
        typer.Argument(help="Name of the sandbox, as `deskhand sandbox list` prints it.", show_default=False),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Stop all sandboxes of this user.")] = False,
) -> None:
    """Stop a running sandbox at once. The run that uses it ends with the status sandbox_lost.

    Example: deskhand sandbox stop --all
    """
    from deskhand import paths
    from deskhand.sandbox import instances

    base = paths.state_dir()
    names = [one.name for one in instances.found(base)]
    if (name is None) != everything:
        have = f"; these run: {', '.join(names)}" if names else "; none runs"
        raise UsageError(f"no sandbox is named: give its name, or --all{have}")
    for one in names if name is None else [name]:
        if not instances.stop(base, one) and name is not None:
            raise UsageError(f"no sandbox {name!r} is running; running are: {', '.join(names) or 'none'}")
        typer.echo(f"stopped {one}")
