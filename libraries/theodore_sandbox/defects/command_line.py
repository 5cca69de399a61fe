"""The defects of the command line; its process learns them from the environment variable that the sandbox is started with."""

from __future__ import annotations

from theodore_sandbox.defects.defect import Defect

AREAS = ("cli",)
COMMAND_LINE = (
    Defect(
        "cli-exit-zero-on-failure",
        "A research that failed ends the command with exit code 0.",
        "cli.exit_code",
        "command_research",
        AREAS,
    ),
    Defect(
        "cli-errors-on-stdout",
        "Errors are written to standard output.",
        "cli.error_stream",
        "command_usage",
        AREAS,
    ),
    Defect(
        "cli-progress-on-stdout",
        "Progress is written to standard output, so that JSON is none.",
        "cli.json",
        "command_research",
        AREAS,
    ),
    Defect(
        "cli-limit-ignored",
        "The option --limit is not sent.",
        "cli.limit",
        "command_research",
        AREAS,
    ),
    Defect(
        "cli-filter-ignored",
        "The option --industry is not sent.",
        "cli.filter",
        "command_research",
        AREAS,
    ),
    Defect(
        "cli-markdown-drops-numbers",
        "Markdown leaves out fields whose values are numbers.",
        "cli.formats_agree",
        "command_research",
        AREAS,
    ),
    Defect(
        "cli-dry-run-sends",
        "A dry run starts the research all the same.",
        "cli.dry_run",
        "command_research",
        AREAS,
    ),
    Defect(
        "cli-timeout-leaves-job",
        "A research that took too long is said to be cancelled, and goes on.",
        "cli.job_cancelled",
        "command_research",
        AREAS,
    ),
    Defect(
        "cli-help-asks-the-api",
        "Help asks the API for its version first, and waits for it.",
        "cli.duration",
        "command_usage",
        AREAS,
    ),
    Defect(
        "cli-last-line-dropped",
        "The last company of a batch file is lost.",
        "cli.companies_read",
        "command_files",
        AREAS,
    ),
    Defect(
        "cli-export-without-file",
        "An export says that it is saved, and writes no file.",
        "cli.file",
        "command_files",
        AREAS,
    ),
    Defect(
        "cli-settings-readable-by-all",
        "The file of settings, which holds a password, can be read by everybody.",
        "cli.private_file",
        "command_files",
        AREAS,
    ),
    Defect(
        "cli-settings-show-secrets",
        "The settings are shown with the password.",
        "cli.secret_kept",
        "command_files",
        AREAS,
    ),
    Defect(
        "cli-partial-output-when-interrupted",
        "Ctrl-C leaves the beginning of the data on standard output.",
        "cli.no_partial_output",
        "command_interrupted",
        AREAS,
    ),
    Defect(
        "cli-interrupt-leaves-job",
        "Ctrl-C ends the command, and the research goes on.",
        "cli.job_cancelled",
        "command_interrupted",
        AREAS,
    ),
    Defect(
        "cli-secure-value-shown",
        "config show prints values that were set by --secure.",
        "cli.data.discover.limit",
        "command_files",
        AREAS,
    ),
    Defect(
        "cli-broken-pipe-traceback",
        "A reader that goes away is answered with a traceback.",
        "cli.plain_error",
        "command_interrupted",
        AREAS,
    ),
)
