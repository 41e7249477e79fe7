"""Everything downstream of a vertex of a run directory, by NetworkX: one line of JSON a vertex, by distance, then id."""

import csv
import glob
import json
import sys

import networkx


def main(directory: str, start: str) -> None:
    graph = networkx.DiGraph()
    for path in glob.glob(f"{directory}/data/nodes/*.csv"):
        with open(path, newline="", encoding="utf-8") as file:
            reader = csv.reader(file)
            names = [column.split(":")[0] for column in next(reader)]
            for row in reader:
                graph.add_node(row[0], **dict(zip(names, row)))
    with open(f"{directory}/data/edges/edges.csv", newline="", encoding="utf-8") as file:
        reader = csv.reader(file)
        next(reader)
        for row in reader:
            graph.add_edge(row[1], row[2], label=row[3])
    depths = networkx.single_source_shortest_path_length(graph, start)
    for vertex, depth in sorted(depths.items(), key=lambda item: (item[1], item[0])):
        if depth > 0:
            print(json.dumps({**graph.nodes[vertex], "depth": depth}))


main(*sys.argv[1:])
