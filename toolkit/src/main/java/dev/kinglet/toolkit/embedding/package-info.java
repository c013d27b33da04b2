/**
 * Embeddings of many images, which {@link dev.kinglet.toolkit.Embedder} makes: {@link
 * dev.kinglet.toolkit.embedding.EmbeddingTable} in memory and in files, exact search by cosine similarity ({@link
 * dev.kinglet.toolkit.embedding.CosineSearch}), and near duplicates.
 *
 * <pre>{@code
 * try (TrainedModel model = TrainedModel.open(Path.of("birds.onnx"), 2)) {
 *     EmbeddingTable table = Embedder.of(model).embed(ImageSource.of(Predictor.images(Path.of("photos")), decoder), skipped);
 *     table.write(Path.of("photos.npy"));
 *     List<CosineSearch.Neighbor> alike = CosineSearch.of(table).nearest(query, 5);
 * }
 * }</pre>
 */
@org.jspecify.annotations.NullMarked
package dev.kinglet.toolkit.embedding;
