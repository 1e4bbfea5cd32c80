"""The tests' REST server is what Supabase's own client takes it for."""
import json
import re
import subprocess

import servers
from checks import Checks
from rest_server import RestServer, place

SETUP = """
CREATE TABLE items (id bigint PRIMARY KEY, name text, price numeric(12,2));
CREATE TABLE people (id int PRIMARY KEY, name text NOT NULL, age int);
INSERT INTO people VALUES (1, 'a,b', 20), (2, 'c"d', 30), (3, '(e)', NULL), (4, 'z1', 40), (5, 'zz.2', NULL);
CREATE TABLE hidden (id int);
INSERT INTO hidden VALUES (1);
ALTER TABLE hidden ENABLE ROW LEVEL SECURITY;
CREATE TABLE closed (id int);
REVOKE ALL ON closed FROM anon;
CREATE SCHEMA shop;
GRANT USAGE ON SCHEMA shop TO service_role;
CREATE TABLE shop.stock (id int);
INSERT INTO shop.stock VALUES (1);
GRANT SELECT ON shop.stock TO service_role;
CREATE FUNCTION add(a int, b int) RETURNS int LANGUAGE sql RETURN a + b;
CREATE FUNCTION echo(document jsonb) RETURNS jsonb LANGUAGE sql RETURN document;
CREATE FUNCTION two_rows() RETURNS TABLE (id int) LANGUAGE sql AS 'VALUES (1), (2)';
CREATE FUNCTION nothing() RETURNS void LANGUAGE sql AS 'SELECT';
"""


def main(checks):
    with servers.PostgreSql() as postgres, RestServer(postgres) as rest:
        postgres.sql(SETUP)
        client = subprocess.run(["node", str(place() / "client_test.mjs"), rest.url, json.dumps(rest.keys)],
                                capture_output=True, text=True)
        print(client.stdout, end="")
        totals = re.search(r"(\d+) passed, (\d+) failed", client.stdout)
        checks.that("the client's test comes to its end", totals, client.stderr)
        checks.passed += int(totals[1])
        checks.failed += int(totals[2])


if __name__ == "__main__":
    Checks.run(main)
