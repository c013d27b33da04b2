/**
 * Labeled images on a disk, split into training and validation images, and the loader that makes batches of them.
 *
 * <p>{@link dev.kinglet.data.DataSource} recognizes the layout of a folder or archive and opens it; no image is decoded
 * until a {@link dev.kinglet.data.Loader} asks for it. Batches depend on the data, the pipeline and the seed, never on the
 * number of workers.
 *
 * <pre>{@code
 * DataSource photos = DataSource.open(Path.of("photos"), DataOptions.defaults().withValEvery(5));
 * Pipeline pipeline = Pipeline.evaluation(Preprocessing.imagenet());
 * Loader loader = new Loader(photos.train(), pipeline, LoaderSettings.training(32, 0, 2));
 * try (Loader.Epoch epoch = loader.epoch(0)) {
 *     for (Batch batch = epoch.next(); batch != null; batch = epoch.next()) {
 *         System.out.println(Arrays.toString(batch.labels()));
 *     }
 * }
 * }</pre>
 */
package dev.kinglet.data;
