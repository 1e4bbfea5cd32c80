"""A made-up shop's orders as SQL: ten columns, about 190 bytes a row in CSV, the same rows on every server.

Everything comes from the row's number and CRC32 of it; there is no RAND() and no clock. Texts hold what
CSV has to quote: commas, quotes, line ends, characters beyond the basic plane, NULL and ''.
"""

COLUMNS = ["id", "customer_id", "state", "total", "remark", "placed_at", "shipped_at", "is_gift", "basket", "token"]
BINARY_COLUMNS = {"token"}


def orders_sql(rows, table="orders"):
    """SQL that makes `table` with this many rows."""
    return f"""
SET NAMES utf8mb4;
CREATE TABLE {table} (
  id BIGINT NOT NULL PRIMARY KEY,
  customer_id INT NULL,
  state VARCHAR(20) NOT NULL,
  total DECIMAL(12,2) NOT NULL,
  remark VARCHAR(255) NULL,
  placed_at DATETIME(6) NOT NULL,
  shipped_at TIMESTAMP NULL DEFAULT NULL,
  is_gift TINYINT(1) NOT NULL,
  basket JSON NULL,
  token VARBINARY(16) NULL
) ENGINE=InnoDB CHARACTER SET utf8mb4;
INSERT INTO {table}
SELECT seq,
  IF(seq % 53 = 0, NULL, CRC32(CONCAT('customer', seq)) % 100000),
  ELT(1 + CRC32(CONCAT('state', seq)) % 5, 'open', 'paid', 'packed', 'shipped', 'sent back'),
  CAST(CRC32(CONCAT('total', seq)) % 20000000 / 100 AS DECIMAL(12,2)) - IF(seq % 40 = 0, 5000, 0),
  CASE CRC32(CONCAT('remark', seq)) % 8
    WHEN 0 THEN NULL
    WHEN 1 THEN ''
    WHEN 2 THEN CONCAT('ring twice, say "number ', seq % 1000, '"')
    WHEN 3 THEN CONCAT('two\\nlines for ', seq)
    WHEN 4 THEN CONCAT('Dům U Zvonu, č. p. ', seq % 700, ' 🚲')
    WHEN 5 THEN CONCAT('倉庫 ', SUBSTR(MD5(seq), 1, 20))
    WHEN 6 THEN CONCAT(MD5(CONCAT('left', seq)), ' ', MD5(CONCAT('right', seq)))
    ELSE 'none' END,
  '2021-05-04 03:02:01' + INTERVAL seq * 61 SECOND + INTERVAL CRC32(CONCAT('micro', seq)) % 1000000 MICROSECOND,
  IF(seq % 3 = 0, NULL, '2021-05-05 03:02:01' + INTERVAL seq * 61 + CRC32(CONCAT('shipped', seq)) % 50000 SECOND),
  seq % 7 = 0,
  IF(seq % 12 = 0, NULL, CONCAT('{{"article": "', UPPER(SUBSTR(MD5(CONCAT('article', seq)), 1, 12)), '", "pieces": ', 1 + seq % 20,
                                ', "labels": ["', ELT(1 + seq % 4, 'new', 'sale', 'fragile', 'heavy'), '"]}}')),
  IF(seq % 15 = 0, NULL, UNHEX(MD5(CONCAT('token', seq))))
FROM seq_1_to_{rows};
"""
