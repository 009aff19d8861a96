export { BatchConsumer, type BatchConsumerOptions, type Settlement } from './batch-consumer.js';
export { BrokerConnection, type BrokerConnectionOptions, type BrokerState } from './broker-connection.js';
export { BrokerError, type BrokerErrorCode, replyCodeOf, TopologyMismatchError } from './broker-error.js';
export type { BrokerLogger } from './broker-logger.js';
export { ControlChannel, type ControlChannelOptions } from './control-channel.js';
export { cleanHeaders, type Delivery, type DeliveryProperties } from './delivery.js';
export { DeliveryConsumer, type DeliveryConsumerOptions } from './delivery-consumer.js';
export { type ExamineBrokerOptions, examineBroker } from './examine-broker.js';
export { ExclusiveListener, type ExclusiveListenerOptions } from './exclusive-listener.js';
export { deleteTopology } from './prepare-topology.js';
export { PublishOutgoing } from './publish-outgoing.js';
export type { OutgoingMessage, PublishOutcome } from './publish-request.js';
export { Publisher, type PublisherOptions } from './publisher.js';
export {
  AmqpStrategy,
  type AmqpStrategyOptions,
  ConsumeBatch,
  ConsumeEach,
  type ConsumerSettings,
} from './transport/amqp.strategy.js';
