"""Two handlers in Python. AMQP_URL, REPRISE_PREFIX, WORKER_QUEUES and WORKER_NAME say where; see README.md."""
import logging, os, time

from reprise_worker import TaskError, Worker

logging.basicConfig(level=logging.INFO, format='%(asctime)s %(message)s')
logging.getLogger('pika').setLevel(logging.WARNING)

worker = Worker(
    os.environ.get('AMQP_URL', 'amqp://guest:guest@127.0.0.1:5672/'),
    prefix=os.environ.get('REPRISE_PREFIX', 'reprise'),
    queues=os.environ.get('WORKER_QUEUES', 'python').split(','),
    name=os.environ.get('WORKER_NAME'),
)


@worker.handler('text.count')
def count(given, attempt):
    """Counts words; takes `seconds` for it, and stops when it is asked to."""
    until = time.monotonic() + given.get('seconds', 0)
    while time.monotonic() < until:
        attempt.heartbeat()
        time.sleep(0.05)
    return {'words': len(given['text'].split()), 'by': worker.name}


@worker.handler('text.deliver', effect='once', on_in_doubt='park')
def deliver(given, attempt):
    """Must not happen twice; `busy` times it says beforehand that it cannot be done, so that nothing has happened."""
    if attempt.number <= given.get('busy', 0):
        raise TaskError('MAILBOX_BUSY', f'the mailbox is busy, key {attempt.key}', retry_after_ms=100, happened=False)
    if '@' not in given['to']:
        raise TaskError('NO_SUCH_MAILBOX', f'{given["to"]} is no mailbox', retryable=False, happened=False)
    return {'delivered': given['report'], 'attempt': attempt.number}


if __name__ == '__main__':
    worker.run()
