/**
 * Several processes that train one network: how they find each other ({@link dev.kinglet.train.distributed.Rendezvous}), what
 * they do together ({@link dev.kinglet.train.distributed.ProcessGroup}), and how one learns that another has failed
 * ({@link dev.kinglet.train.distributed.RankFailedException}).
 */
package dev.kinglet.train.distributed;
