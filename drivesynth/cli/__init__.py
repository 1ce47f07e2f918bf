"""The command line: one verb a job. Words in, calls to the rooms, messages and exit statuses out.

Exit status 0 done, 1 the work failed or an audit found violations, 2 the request was wrong. Every
verb imports its rooms when it runs, so that `--help` and `check` never load the kernels.
"""

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

import drivesynth
from drivesynth.cli.clouds import weather
from drivesynth.cli.datasets import cache, render, verify, view
from drivesynth.cli.scenes import check, new, sample, scenes
from drivesynth.cli.terminal import say
from drivesynth.errors import DrivesynthError, did_you_mean


class Verbs(click.Group):
    """A command group that suggests the verb that was meant."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click's, with a suggestion."""
        if args and self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            verbs = self.list_commands(ctx)
            ctx.fail(
                f"no verb {args[0]!r}{did_you_mean(args[0], verbs) or '; the verbs are ' + ', '.join(verbs)}"
            )
        return super().resolve_command(ctx, args)


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(drivesynth.__version__, "--version", message="drivesynth %(version)s")
def verbs() -> None:
    """Edge-case datasets for driving perception: a scene file in, labelled LiDAR and camera frames out.

    \b
    drivesynth scenes                                          what is shipped
    drivesynth new my_scene.yaml                               a scene of your own
    drivesynth check my_scene.yaml                             is it right?
    drivesynth render my_scene.yaml -o out --variants 20       frames in KITTI's layout
    drivesynth view out --png look.png                         look at one
    """


for verb in (new, check, scenes, sample, cache, render, view, verify, weather):
    verbs.add_command(verb)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the words; users' mistakes become messages, never tracebacks."""
    # Pydantic would read what every installed package has to say, to look for plugins.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        status = verbs.main(args=None if arguments is None else list(arguments), standalone_mode=False)
        sys.stdout.flush()
        sys.exit(status if isinstance(status, int) else 0)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        say("interrupted; what was finished is kept, the same command goes on from there")
        sys.exit(130)
    except DrivesynthError as error:
        say(str(error))
        sys.exit(error.exit_status)
    except BrokenPipeError:  # `drivesynth scenes | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
