"""Keywords for batches that are followed live."""

from __future__ import annotations

import json
from datetime import timedelta  # Robot converts arguments by these hints

from robotlibcore import keyword

from theodore_qa.log import log_table
from theodore_qa.observing.checks import Checks
from theodore_qa.systems import streams
from TheodoreLibrary import batch_stream_checks, batches
from TheodoreLibrary.batches import Batch  # Robot converts arguments by these hints

WITHIN = timedelta(seconds=60)


class BatchStreamKeywords:
    """Batches over their WebSocket."""

    @keyword(tags=("batch", "stream"))
    def batch_websocket_should_report_everything(self, batch: Batch, *, within: timedelta = WITHIN) -> Batch:
        """Follows a batch over its WebSocket to its end, and checks the acknowledgement, each update, their growth and the end.

        Completed, failed and pending must make the total in each update, and some update must come while the batch is at work.

        Args:
            batch: A batch of several companies that was started a moment ago.
            within: The longest time until the last message; 1 minute by default.

        Returns:
            The batch, which has ended.

        Example:

        ```robotframework
        ${batch} =    Start Batch Research    ${{["Siemens", "ABB", "Fake Corp ABC456"]}}    concurrency=1
        Batch Websocket Should Report Everything    ${batch}
        ```
        """
        system = batch.system
        headers = system.token_headers(system.token(batch.identity))
        heard = streams.listen(system, f"/ws/progress/{batch.id}", within=within.total_seconds(), headers=headers)
        log_table("Messages", ("Message",), [(json.dumps(message),) for message in heard.messages])
        batches.ask(batch)
        checks = Checks("WebSocket", batch.id)
        batch_stream_checks.followed(checks, batch, heard)
        checks.conclude()
        return batch
