-- The table that the example reads. Any MariaDB or MySQL server will do:
--   mariadb shop <setup.sql
SET sql_mode = '';
CREATE TABLE parcels (
  id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
  depot INT(4) ZEROFILL NOT NULL,
  weight FLOAT NOT NULL,
  fee DECIMAL(10,2) NOT NULL,
  sent_at DATETIME(3) NOT NULL,
  due DATE NOT NULL,
  state ENUM('sent', 'delivered', 'lost') NOT NULL,
  note VARCHAR(60) NULL,
  label VARBINARY(4) NOT NULL
) CHARACTER SET utf8mb4;
INSERT INTO parcels VALUES
  (18446744073709551615, 7, 16777215, 4.50, '2026-03-01 08:15:00.25', '2026-03-04', 'delivered', 'leave it with "Zoë", please', x'00ff10'),
  (2, 12, 0.1, 12.00, '2026-03-01 09:00:00', '0000-00-00', 'sent', '', x'41'),
  (3, 12, 2.5, 0.99, '2026-03-02 17:45:59.999', '2026-03-05', 'lost', NULL, x'42');
