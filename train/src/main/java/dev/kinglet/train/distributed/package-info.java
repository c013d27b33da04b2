/**
 * Several processes that train one network: how they find each other ({@link dev.kinglet.train.distributed.Rendezvous}), what
 * they do together ({@link dev.kinglet.train.distributed.ProcessGroup}), and how one learns that another has failed
 * ({@link dev.kinglet.train.distributed.RankFailedException}). A program gives {@code Training} a rendezvous, and the group is
 * made of it.
 *
 * <pre>{@code
 * Rendezvous rendezvous = Rendezvous.of(rank, 2, "10.0.0.1", 29500).withTimeout(Duration.ofMinutes(1));
 * TrainingResult result = Training.of(config).rendezvous(rendezvous).run();
 * }</pre>
 */
package dev.kinglet.train.distributed;
