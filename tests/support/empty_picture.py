"""The smallest job of the worker process that draws anything."""

from matplotlib.figure import Figure

from telegram_bot.pictures.canvas import DPI, HEIGHT, WIDTH, png


def empty_figure(_: object) -> bytes:
    """A sheet of the usual size with bare axes: what the drawing library costs by itself."""
    figure = Figure(figsize=(WIDTH / DPI, HEIGHT / DPI), dpi=DPI)
    figure.subplots()
    return png(figure)
