"""The sandbox's store under several threads, as its routes and jobs use it."""

from concurrent.futures import ThreadPoolExecutor

from theodore_sandbox.theodore.store import Store


def test_threads_do_not_disturb_each_other():
    store = Store("sqlite://")

    def work(thread):
        for number in range(30):
            job_id = f"{thread}-{number}"
            store.save_job(job_id, "research", "tenant", "owner", {"status": "running", "number": number}, "{}")
            assert store.job(job_id, "research", "tenant")["number"] == number
            store.job_counts()
        return 30

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(work, range(8))) == 240
    assert store.job_counts() == {"research_running": 240}
    store.close()
