/**
 * Published files, fetched and checked against the published checksum; data sets among them, from their authors. {@link
 * dev.kinglet.data.download.PublishedArchive} knows the data sets by name.
 *
 * <pre>{@code
 * Path archive = PublishedArchive.of("cifar10").fetch(Path.of("data"), bytes -> {});
 * DataSource cifar = DataSource.open(archive, DataOptions.defaults());
 * }</pre>
 */
package dev.kinglet.data.download;
