/**
 * Published data sets, fetched from their authors and checked against the published checksum.
 *
 * <pre>{@code
 * Path archive = PublishedArchive.of("cifar10").fetch(Path.of("data"), bytes -> {});
 * DataSource cifar = DataSource.open(archive, DataOptions.defaults());
 * }</pre>
 */
package dev.kinglet.data.download;
