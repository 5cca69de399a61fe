"""What keywords hand on to others, and what Robot answers where a test passes another value in its place."""

from __future__ import annotations

from TheodoreLibrary.batches import Batch, no_batch
from TheodoreLibrary.exports import Export, no_export
from TheodoreLibrary.jobs import Job, no_job
from TheodoreLibrary.webhook_receiver import no_receiver, Receiver

CONVERTERS = {Job: no_job, Batch: no_batch, Export: no_export, Receiver: no_receiver}
