"""A Reprise worker in plain Python: the protocol of docs/any-language.md over pika, nothing else.

The main thread speaks AMQP (tickets, claims, heartbeats, outcomes); each attempt runs in a thread of its own. Everything that is sent
to the gate is sent again until it is answered; whatever is sent twice, the gate does once.
"""
import collections, json, logging, os, queue, signal, socket, threading, time, uuid
import pika
from pika.exceptions import AMQPError

log = logging.getLogger('reprise')
ASK_AGAIN_AFTER = 10  # seconds
LANES = ('', '.high', '.retry', '.low')  # of a queue: who reads it reads them all, or what is in the others waits for ever

class TaskError(Exception):
    """How a handler says what went wrong. `happened=False`: nothing of its work was done, so it may be repeated even where it must not."""

    def __init__(self, code, message, retryable=None, retry_after_ms=None, details=None, happened=None):
        super().__init__(message)
        self.code, self.retryable, self.retry_after_ms = code, retryable, retry_after_ms
        self.details, self.happened = details, happened


class Attempt:
    """What a handler is told beside its input. `key` is the same for every attempt: hand it on as an idempotency key."""

    def __init__(self, grant, asked_at):
        self.grant, self.key, self.fence = grant, grant['key'], grant['fence']
        self.number, self.task = grant['attempt'], grant['path']
        self.lease_until = asked_at + grant['leaseMs'] / 1000
        self.ends_at = asked_at + grant['timeoutMs'] / 1000
        self.next_beat = asked_at + grant['leaseMs'] / 3000
        self.stopped, self.stop_reason, self.outcome, self.heard_at = threading.Event(), None, None, time.monotonic()

    def heartbeat(self):
        """The handler is alive (see `timeout.heartbeat`). Raises when the attempt was asked to stop."""
        self.heard_at = time.monotonic()
        if self.stopped.is_set():
            raise TaskError('CANCELLED', f'the attempt was asked to stop: {self.stop_reason}')

    def stop(self, reason):
        self.stop_reason = self.stop_reason or reason
        self.stopped.set()

    def held(self):
        return {name: self.grant[name] for name in ('run', 'node', 'at', 'claim', 'fence')}


class Worker:
    def __init__(self, url, prefix='reprise', queues=('default',), concurrency=4, name=None, drain_seconds=20):
        self.url, self.prefix, self.queues, self.concurrency = url, prefix, queues, concurrency
        self.lanes = [queue + lane for queue in queues for lane in LANES]
        self.name = name or f'{socket.gethostname()}/{os.getpid()}/{uuid.uuid4().hex[:8]}'
        self.drain_seconds, self.drain_until = drain_seconds, None
        self.handlers, self.attempts, self.asked = {}, {}, {}
        self.waiting, self.again, self.read_until = collections.deque(), [], {}
        self.ended, self.busy, self.claiming, self.claim_at, self.welcome, self.next_hello = queue.SimpleQueue(), 0, 0, 0, False, 0

    def handler(self, call, effect=None, on_in_doubt=None):
        """`effect='once'`: never run again blindly. A handler may be stricter than the workflow, never laxer."""

        def register(function):
            stricter = {'effect': effect, 'onInDoubt': on_in_doubt}
            self.handlers[call] = (function, {name: value for name, value in stricter.items() if value})
            return function

        return register

    def run(self):
        """Until SIGTERM or SIGINT; then takes nothing new, finishes what runs, and says goodbye."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._drain())
        while not self._drained():
            try:
                self._session()
            except (AMQPError, OSError) as error:
                log.warning('no broker (%s: %s), trying again', type(error).__name__, error)
                time.sleep(1)

    # everything below runs in the main thread, but `_work`
    def _session(self):
        connection = pika.BlockingConnection(pika.URLParameters(self.url))
        self.tickets, self.gate = connection.channel(), connection.channel()
        self.gate.confirm_delivery()
        self.replies = self.gate.queue_declare('', exclusive=True).method.queue
        self.gate.basic_consume(self.replies, self._answered, auto_ack=True)
        self.tickets.basic_qos(prefetch_count=self.concurrency)
        self.waiting.clear()  # the broker delivers them again
        self.welcome, self.next_hello = False, 0
        self.again.extend((request, then) for request, then, _ in self.asked.values())  # the old queue for answers is gone
        self.asked.clear()
        while not self._drained():
            connection.process_data_events(time_limit=0.05)
            self._tick(time.monotonic())
        self._publish({'kind': 'goodbye', 'worker': self.name}, 'goodbye')
        connection.close()  # what was delivered and not acknowledged goes back to its queue

    def _tick(self, now):
        if now >= self.next_hello and not self.drain_until:
            self.next_hello = now + 5
            queues = [{'name': each, 'readUntil': self.read_until.get(each)} for each in self.lanes]
            hosted = {'handlers': list(self.handlers), 'concurrency': self.concurrency}
            self._publish({'kind': 'hello', 'worker': self.name, 'queues': queues, **hosted}, 'hello')
        while not self.ended.empty():
            self._end(*self.ended.get(), slot=True)
        for attempt in list(self.attempts.values()):
            self._watch(attempt, now)
        while self.waiting and self.busy + self.claiming < self.concurrency and now >= self.claim_at and not self.drain_until:
            self._claim(*self.waiting.popleft())
        for correlation, (request, then, asked_at) in list(self.asked.items()):
            if now >= asked_at + ASK_AGAIN_AFTER:  # an answer to this one would say nothing about a lease from now
                del self.asked[correlation]
                self.again.append((request, then))
        due, self.again = self.again, []
        for request, then in due:
            if request['kind'] != 'heartbeat':  # the next one is due soon enough
                self._ask(request, then)

    def _publish(self, request, correlation):
        # A worker that is gone must not be granted anything; what it has achieved must never expire.
        expiration = None if request['kind'] == 'outcome' else str(ASK_AGAIN_AFTER * 1000)
        about = {'content_type': 'application/json', 'reply_to': self.replies, 'correlation_id': correlation}
        properties = pika.BasicProperties(delivery_mode=2, expiration=expiration, **about)
        try:
            self.gate.basic_publish('', f'{self.prefix}.gate', json.dumps({'v': 1, **request}), properties, mandatory=True)
        except (pika.exceptions.UnroutableError, pika.exceptions.NackError) as error:
            log.warning('the gate is closed (%s), asking again', type(error).__name__)

    def _ask(self, request, then):
        correlation = str(uuid.uuid4())
        self.asked[correlation] = (request, then, time.monotonic())
        self._publish(request, correlation)

    def _answered(self, _channel, _method, properties, body):
        answer = json.loads(body)
        if properties.correlation_id == 'hello':
            self._welcomed(answer)
        if properties.correlation_id in self.asked:
            _, then, asked_at = self.asked.pop(properties.correlation_id)
            then(answer, asked_at)

    def _welcomed(self, answer):
        if answer['kind'] != 'welcome':
            raise SystemExit(f'the gate refuses this worker: {answer.get("reason")}')
        if not self.welcome:  # only now its queues exist
            self.welcome = True
            for name in self.lanes:
                self.tickets.basic_consume(f'{self.prefix}.queue.{name}', lambda *all, name=name: self._delivered(name, *all))
            log.info('%s takes %s from %s', self.name, ', '.join(self.handlers), ', '.join(self.queues))

    # claim, then acknowledge, then run
    def _delivered(self, name, channel, method, _properties, body):
        try:
            message = json.loads(body)
            tickets = {1: message['attempts']}[message['v']]
            left = {'tickets': len([ticket['call'] for ticket in tickets])}
        except (ValueError, KeyError, TypeError):
            self.gate.basic_publish(f'{self.prefix}.dead', '', body)  # a person can look at it there
            return channel.basic_ack(method.delivery_tag)

        def settled():
            left['tickets'] -= 1
            if left['tickets'] == 0 and channel.is_open:
                channel.basic_ack(method.delivery_tag)

        self.waiting.extend((name, ticket, settled) for ticket in tickets)

    def _claim(self, name, ticket, settled):
        if ticket['call'] not in self.handlers:
            return self._ask({'kind': 'put-back', 'attempts': [ticket]}, lambda *_: settled())
        self.claiming += 1
        stricter = {**ticket, **self.handlers[ticket['call']][1]}
        request = {'kind': 'claim', 'worker': self.name, 'claim': str(uuid.uuid4()), 'attempts': [stricter]}

        def granted(answer, asked_at):
            self.claiming -= 1
            result = answer['attempts'][0] if answer['kind'] == 'claimed' else answer
            if result.get('code') == 'PAUSED':  # the ticket stays good
                self.claim_at = time.monotonic() + 5
                return self.waiting.append((name, ticket, settled))
            settled()
            if result['kind'] != 'granted':
                return log.info('%s of run %s is not ours: %s', ticket['path'], ticket['run'], result['reason'])
            self.read_until[name] = max(self.read_until.get(name) or 0, result['queuedAt'])
            attempt = Attempt(result, asked_at)
            self.attempts[id(attempt)] = attempt
            self.busy += 1
            threading.Thread(target=self._work, args=(attempt,), daemon=True).start()

        self._ask(request, granted)

    def _work(self, attempt):
        """In a thread of its own: touches nothing but the attempt and the queue of what has ended."""
        try:
            output = self.handlers[attempt.grant['call']][0](attempt.grant['input'], attempt)
            json.dumps(output, allow_nan=False)
            outcome = {'kind': 'succeeded', 'output': output}
        except BaseException as error:  # whatever a handler throws ends its attempt, not the worker
            stopped = {'cancelled': {'kind': 'cancelled'}, 'drain': {'kind': 'cancelled'}, 'lost': None}
            outcome = stopped.get(attempt.stop_reason, failure_of(error))
        self.ended.put((attempt, outcome))

    def _watch(self, attempt, now):
        if attempt.outcome is None:
            longest = attempt.grant['heartbeatMs']
            if now >= attempt.ends_at:
                self._time_out(attempt, 'attempt', 'the attempt took longer than its timeout')
            elif longest is not None and now >= attempt.heard_at + longest / 1000:
                self._time_out(attempt, 'heartbeat', f'the handler gave no heartbeat for {longest} ms')
            elif self.drain_until and now >= self.drain_until:
                attempt.stop('drain')
            if now >= attempt.lease_until:
                attempt.stop('lost')  # perhaps another worker is at it; only the gate knows
        if now >= attempt.next_beat:
            attempt.next_beat = now + attempt.grant['leaseMs'] / 3000
            self._ask({'kind': 'heartbeat', **attempt.held()}, lambda answer, asked_at: self._beaten(attempt, answer, asked_at))

    def _beaten(self, attempt, answer, asked_at):
        if answer['kind'] in ('held', 'cancel'):
            attempt.lease_until = asked_at + attempt.grant['leaseMs'] / 1000
        if answer['kind'] != 'held':
            attempt.stop('cancelled' if answer['kind'] == 'cancel' else 'lost')

    def _time_out(self, attempt, kind, message):
        attempt.stop('timeout')
        self._end(attempt, failure_of(TaskError('TIMEOUT', message, details={'kind': kind})), slot=False)

    def _end(self, attempt, outcome, slot):
        """The first outcome counts. A handler that ignores its timeout keeps its slot until it lets go."""
        self.busy -= slot
        if attempt.outcome is not None:
            return
        if outcome is None:  # stopped because it was lost: the row tells that by itself
            return self.attempts.pop(id(attempt), None)
        attempt.outcome = outcome

        def heard(answer, _asked_at):
            self.attempts.pop(id(attempt), None)
            log.info('%s of run %s: %s is %s', attempt.task, attempt.grant['run'], outcome['kind'], answer['kind'])

        self._ask({'kind': 'outcome', 'version': attempt.grant['version'], **attempt.held(), 'outcome': outcome}, heard)

    def _drain(self):
        self.drain_until = self.drain_until or time.monotonic() + self.drain_seconds

    def _drained(self):
        idle = not (self.attempts or self.claiming)
        return bool(self.drain_until) and (idle or time.monotonic() >= self.drain_until + 5)


def failure_of(error):
    said = error if isinstance(error, TaskError) else TaskError('INTERNAL', f'{type(error).__name__}: {error}')
    failed = {'code': said.code, 'message': str(said), **({} if said.details is None else {'details': said.details})}
    outcome = {'kind': 'failed', 'error': failed, 'retryable': said.retryable, 'retryAfterMs': said.retry_after_ms}
    return {**outcome, **({'happened': False} if said.happened is False else {})}
