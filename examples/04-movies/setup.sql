-- The movies that the examples read. Any MariaDB or MySQL server will do:
--   mariadb movies <setup.sql
-- Budgets and grosses are in dollars and rounded; what nobody knows is NULL.
CREATE TABLE directors (
  director_id INT NOT NULL PRIMARY KEY,
  name VARCHAR(80) NOT NULL,
  nationality VARCHAR(40) NULL
) CHARACTER SET utf8mb4;
INSERT INTO directors VALUES
  (1, 'Christopher Nolan', 'British-American'),
  (2, 'Greta Gerwig', 'American'),
  (3, 'Denis Villeneuve', 'Canadian'),
  (4, '봉준호 (Bong Joon-ho)', 'South Korean'),
  (5, 'Pedro Almodóvar', 'Spanish'),
  (6, 'Miloš Forman', 'Czech-American'),
  (7, 'Céline Sciamma', 'French'),
  (8, '宮崎 駿 (Hayao Miyazaki)', 'Japanese'),
  (9, 'Agnès Varda', 'French'),
  (10, 'Jean-Pierre Jeunet', NULL);

CREATE TABLE movies (
  movie_id INT NOT NULL PRIMARY KEY,
  title VARCHAR(120) NOT NULL,
  release_year SMALLINT NOT NULL,
  director_id INT NULL,
  genre VARCHAR(30) NOT NULL,
  runtime_minutes SMALLINT NOT NULL,
  budget_usd BIGINT NULL,
  box_office_usd BIGINT NULL
) CHARACTER SET utf8mb4;
INSERT INTO movies VALUES
  (1, 'Inception', 2010, 1, 'Science fiction', 148, 160000000, 836800000),
  (2, 'Dunkirk', 2017, 1, 'War', 106, 100000000, 526900000),
  (3, 'Tenet', 2020, 1, 'Thriller', 150, 205000000, 363700000),
  (4, 'Barbie', 2023, 2, 'Comedy', 114, 145000000, 1441000000),
  (5, 'Little Women', 2019, 2, 'Drama', 135, 40000000, 218900000),
  (6, 'Arrival', 2016, 3, 'Science fiction', 116, 47000000, 203400000),
  (7, 'Dune', 2021, 3, 'Science fiction', 155, 165000000, 407600000),
  (8, '기생충 (Parasite)', 2019, 4, 'Thriller', 132, 15500000, 262700000),
  (9, 'Volver', 2006, 5, 'Drama', 121, 9400000, 87200000),
  (10, 'Amadeus', 1984, 6, 'Drama', 160, 18000000, 90000000),
  (11, 'Portrait de la jeune fille en feu', 2019, 7, 'Drama', 122, 4900000, 10200000),
  (12, '千と千尋の神隠し', 2001, 8, 'Animation', 125, 19200000, 395800000),
  (13, 'Cléo de 5 à 7', 1962, 9, 'Drama', 90, NULL, NULL),
  (14, 'A rough cut, "untitled"', 2026, NULL, 'Documentary', 71, 0, NULL);

CREATE TABLE actors (
  actor_id INT NOT NULL PRIMARY KEY,
  name VARCHAR(80) NOT NULL,
  birth_date DATE NULL,
  nationality VARCHAR(40) NULL
) CHARACTER SET utf8mb4;
INSERT INTO actors VALUES
  (1, 'Leonardo DiCaprio', '1974-11-11', 'American'),
  (2, 'Marion Cotillard', '1975-09-30', 'French'),
  (3, 'Elliot Page', '1987-02-21', 'Canadian'),
  (4, 'Cillian Murphy', '1976-05-25', 'Irish'),
  (5, 'Tom Hardy', '1977-09-15', 'British'),
  (6, 'John David Washington', '1984-07-28', 'American'),
  (7, 'Elizabeth Debicki', '1990-08-24', 'Australian'),
  (8, 'Margot Robbie', '1990-07-02', 'Australian'),
  (9, 'Ryan Gosling', '1980-11-12', 'Canadian'),
  (10, 'Saoirse Ronan', '1994-04-12', 'Irish'),
  (11, 'Florence Pugh', '1996-01-03', 'British'),
  (12, 'Amy Adams', '1974-08-20', 'American'),
  (13, 'Timothée Chalamet', '1995-12-27', 'American'),
  (14, '송강호 (Song Kang-ho)', '1967-01-17', 'South Korean'),
  (15, 'Penélope Cruz', '1974-04-28', 'Spanish'),
  (16, 'F. Murray Abraham', '1939-10-24', 'American'),
  (17, 'Noémie Merlant', '1988-11-27', 'French'),
  (18, '柊 瑠美 (Rumi Hiiragi)', '1987-08-01', 'Japanese'),
  (19, 'Corinne Marchand', NULL, 'French'),
  (20, 'Somebody''s Neighbour', NULL, NULL);

CREATE TABLE movie_actors (
  movie_id INT NOT NULL,
  actor_id INT NOT NULL,
  role VARCHAR(60) NULL,
  PRIMARY KEY (movie_id, actor_id)
) CHARACTER SET utf8mb4;
INSERT INTO movie_actors VALUES
  (1, 1, 'Dom Cobb'), (1, 2, 'Mal'), (1, 3, 'Ariadne'), (2, 4, NULL), (2, 5, 'Farrier'),
  (3, 6, 'The Protagonist'), (3, 7, 'Kat'), (4, 8, 'Barbie'), (4, 9, 'Ken'), (5, 10, 'Jo March'),
  (5, 11, 'Amy March'), (5, 13, 'Laurie'), (6, 12, 'Louise Banks'), (7, 13, 'Paul Atreides'), (8, 14, '기택'),
  (9, 15, 'Raimunda'), (10, 16, 'Antonio Salieri'), (11, 17, 'Marianne'), (12, 18, '千尋'), (13, 19, 'Cléo');

CREATE TABLE reviews (
  review_id INT NOT NULL PRIMARY KEY,
  movie_id INT NOT NULL,
  reviewer VARCHAR(40) NOT NULL,
  rating DECIMAL(3,1) NOT NULL,
  text VARCHAR(200) NULL,
  reviewed_at DATETIME NOT NULL
) CHARACTER SET utf8mb4;
INSERT INTO reviews VALUES
  (1, 1, 'anna', 9.5, 'Fell asleep, woke up, still not sure.', '2025-01-04 20:15:00'),
  (2, 1, 'bedřich', 8.0, 'The corridor!', '2025-01-05 09:30:00'),
  (3, 2, 'chloe', 8.5, NULL, '2025-01-06 22:00:00'),
  (4, 3, 'dario', 6.0, '.sdrawkcab ti dehctaW', '2025-01-08 23:59:59'),
  (5, 3, 'emil', 7.5, 'Loud, and "clever"', '2025-01-09 18:20:10'),
  (6, 4, 'fatima', 9.0, '💖', '2025-01-10 19:00:00'),
  (7, 4, 'gus', 7.0, 'Came for the car, stayed for Ken.', '2025-01-11 14:45:00'),
  (8, 4, 'hana', 10.0, '', '2025-01-11 21:05:30'),
  (9, 5, 'ivo', 8.5, 'Four sisters; one limes.', '2025-01-12 16:00:00'),
  (10, 6, 'jana', 9.0, 'Non-linear thoughts about linear letters', '2025-01-15 20:00:00'),
  (11, 7, 'kofi', 8.0, 'Sand', '2025-01-16 21:10:00'),
  (12, 7, 'lena', 8.5, 'More sand', '2025-01-17 21:10:00'),
  (13, 8, 'mei', 10.0, 'Basement of the year', '2025-01-18 22:22:22'),
  (14, 9, 'nuno', 8.0, 'Wind,
and soup.', '2025-01-20 12:00:00'),
  (15, 10, 'otto', 9.5, 'Too many notes?', '2025-01-21 20:00:00'),
  (16, 10, 'petra', 9.0, NULL, '2025-01-22 20:00:00'),
  (17, 11, 'quentin', 9.5, 'Brûlant', '2025-01-23 19:45:00'),
  (18, 12, 'rin', 10.0, '名前を忘れない', '2025-01-25 10:00:00'),
  (19, 12, 'sofie', 9.5, 'Never eat at an empty station.', '2025-01-25 11:00:00'),
  (20, 13, 'tomáš', 8.5, 'Ninety minutes, two hours.', '2025-01-26 17:00:00');
