BEGIN TRANSACTION;
CREATE TABLE attempt (
	id INTEGER NOT NULL, 
	delivery BIGINT NOT NULL, 
	at DOUBLE NOT NULL, 
	outcome TEXT NOT NULL, 
	detail TEXT NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(delivery) REFERENCES delivery (seq) ON DELETE CASCADE
);
INSERT INTO "attempt" VALUES(1,1,1795348800.0,'sent','{"ok": true, "channel": "C0DEV", "ts": "1.000001"}');
INSERT INTO "attempt" VALUES(2,3,1795348800.0,'unavailable','http://sink.example answered 503 Service Unavailable: not now');
INSERT INTO "attempt" VALUES(3,2,1795348800.0,'refused','http://sink.example answered 400 Bad Request: not now');
INSERT INTO "attempt" VALUES(4,7,1795348800.0,'sent','C0DEV 1.000002');
INSERT INTO "attempt" VALUES(5,6,1795348800.0,'sent','{"ok": true, "channel": "C0DEV", "ts": "1.000003"}');
INSERT INTO "attempt" VALUES(6,4,1795348800.0,'blocked','http://sink.example answered 401 Unauthorized: not now; check the credentials that it asks for');
INSERT INTO "attempt" VALUES(7,12,1795348800.0,'sent','{"ok": true, "channel": "C0DEV", "ts": "1.000005"}');
INSERT INTO "attempt" VALUES(8,9,1795348800.0,'sent','{"ok": true, "channel": "C0DEV", "ts": "1.000004"}');
INSERT INTO "attempt" VALUES(9,8,1795348800.0,'sent','{"ok": true, "channel": "C0DEV", "ts": "1.000006"}');
INSERT INTO "attempt" VALUES(10,15,1795348800.0,'sent','{"ok": true, "channel": "C0DEV", "ts": "1.000007"}');
INSERT INTO "attempt" VALUES(11,14,1795348800.0,'sent','{"ok": true, "channel": "C0DEV", "ts": "1.000008"}');
INSERT INTO "attempt" VALUES(12,20,1795348800.0,'sent','{"ok": true, "channel": "C0DEV", "ts": "1.000009"}');
INSERT INTO "attempt" VALUES(13,3,1795348801.0,'unavailable','http://sink.example answered 503 Service Unavailable: not now');
INSERT INTO "attempt" VALUES(14,13,1795348801.0,'sent','C0DEV 1.000010');
INSERT INTO "attempt" VALUES(15,19,1795348802.0,'sent','C0DEV 1.000011');
INSERT INTO "attempt" VALUES(16,3,1795349402.0,'unavailable','http://sink.example answered 503 Service Unavailable: not now');
INSERT INTO "attempt" VALUES(17,22,1795349402.0,'sent','{"ok": true, "channel": "C0DEV", "ts": "1.000012"}');
INSERT INTO "attempt" VALUES(18,21,1795349402.0,'sent','{"ok": true, "channel": "C0DEV", "ts": "1.000014"}');
INSERT INTO "attempt" VALUES(19,25,1795349402.0,'sent','C0DEV 1.000013');
INSERT INTO "attempt" VALUES(20,27,1795349402.0,'sent','{"ok": true, "channel": "C0DEV", "ts": "1.000015"}');
INSERT INTO "attempt" VALUES(21,26,1795349402.0,'sent','{"ok": true, "channel": "C0DEV", "ts": "1.000016"}');
INSERT INTO "attempt" VALUES(22,31,1795349402.0,'sent','{"ok": true, "channel": "C0DEV", "ts": "1.000017"}');
INSERT INTO "attempt" VALUES(23,30,1795349403.0,'sent','C0DEV 1.000018');
CREATE TABLE card (
	destination TEXT NOT NULL, 
	thing TEXT NOT NULL, 
	reference TEXT NOT NULL, 
	updated_at DOUBLE NOT NULL, 
	PRIMARY KEY (destination, thing)
);
INSERT INTO "card" VALUES('chat','old/jespern/django-piston/commit/aaaaaaaaaaaa','1.000002',1795348800.0);
INSERT INTO "card" VALUES('chat','old/jespern/django-piston/commit/bbbbbbbbbbbb','1.000010',1795348801.0);
INSERT INTO "card" VALUES('chat','old/jespern/django-piston/commit/cccccccccccc','1.000011',1795348802.0);
INSERT INTO "card" VALUES('chat','old/jespern/django-piston/commit/dddddddddddd','1.000013',1795349402.0);
INSERT INTO "card" VALUES('chat','old/jespern/django-piston/commit/eeeeeeeeeeee','1.000018',1795349403.0);
CREATE TABLE delivery (
	seq INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	destination TEXT NOT NULL, 
	rule TEXT NOT NULL, 
	options TEXT NOT NULL, 
	bundle TEXT, 
	why TEXT, 
	size INTEGER NOT NULL, 
	opened_at DOUBLE NOT NULL, 
	release_at DOUBLE NOT NULL, 
	state TEXT NOT NULL, 
	aside_at DOUBLE, 
	due_at DOUBLE, 
	attempts INTEGER NOT NULL, 
	failures INTEGER NOT NULL, 
	settled_at DOUBLE, 
	reason TEXT, 
	PRIMARY KEY (seq), 
	UNIQUE (id)
);
INSERT INTO "delivery" VALUES(1,'dlv_3d704511098ed4987af6bef4','lake','commit','{}',NULL,NULL,1,1795348800.0,1795348800.0,'sent',NULL,NULL,1,0,1795348800.0,NULL);
INSERT INTO "delivery" VALUES(2,'dlv_b3f54c7091e6a19135dfeb3d','picky','commit','{}',NULL,NULL,1,1795348800.0,1795348800.0,'dead',NULL,NULL,1,0,1795348800.0,'http://sink.example answered 400 Bad Request: not now');
INSERT INTO "delivery" VALUES(3,'dlv_131d6e6ad0ee5d2e11f7c854','away','commit','{}',NULL,NULL,1,1795348800.0,1795348800.0,'pending',NULL,NULL,3,3,NULL,'http://sink.example answered 503 Service Unavailable: not now');
INSERT INTO "delivery" VALUES(4,'dlv_a2b8e5bd1647e23471a8a20a','locked','commit','{}',NULL,NULL,1,1795348800.0,1795348800.0,'pending',NULL,NULL,1,0,NULL,'http://sink.example answered 401 Unauthorized: not now; check the credentials that it asks for');
INSERT INTO "delivery" VALUES(5,'dlv_ec99b6e9a8cd2e58b6d26a5e','daily','commit','{}','digest:2026-11-22T18:00:00Z','digest',5,1795348800.0,1795370400.0,'pending',NULL,NULL,0,0,NULL,NULL);
INSERT INTO "delivery" VALUES(6,'dlv_789b4bc3c0a91617317d060f','busy','commit','{}',NULL,NULL,1,1795348800.0,1795348800.0,'sent',NULL,NULL,1,0,1795348800.0,NULL);
INSERT INTO "delivery" VALUES(7,'dlv_28efb6d3e348d0a8c7986081','chat','commit','{}',NULL,NULL,1,1795348800.0,1795348800.0,'sent',NULL,NULL,1,0,1795348800.0,NULL);
INSERT INTO "delivery" VALUES(8,'dlv_eda06300a1ccb5a000dbaa29','lake','commit','{}',NULL,NULL,1,1795348800.0,1795348800.0,'sent',NULL,NULL,1,0,1795348800.0,NULL);
INSERT INTO "delivery" VALUES(9,'dlv_012b6db5d54e9219cdda604d','picky','commit','{}',NULL,NULL,1,1795348800.0,1795348800.0,'sent',NULL,NULL,1,0,1795348800.0,NULL);
INSERT INTO "delivery" VALUES(10,'dlv_9482951fad8654f1f07c854c','away','commit','{}',NULL,NULL,1,1795348800.0,1795348800.0,'pending',NULL,NULL,0,0,NULL,NULL);
INSERT INTO "delivery" VALUES(11,'dlv_b6915aa6dba5e706eff29ae7','locked','commit','{}',NULL,NULL,1,1795348800.0,1795348800.0,'pending',NULL,NULL,0,0,NULL,NULL);
INSERT INTO "delivery" VALUES(12,'dlv_2025d7da088904cdb50be655','busy','commit','{}',NULL,NULL,1,1795348800.0,1795348800.0,'sent',NULL,NULL,1,0,1795348800.0,NULL);
INSERT INTO "delivery" VALUES(13,'dlv_e0869a21ec259f2d50dcee6e','chat','commit','{}',NULL,NULL,1,1795348800.0,1795348800.0,'sent',NULL,NULL,1,0,1795348801.0,NULL);
INSERT INTO "delivery" VALUES(14,'dlv_8140d4c92dfa395ece39737b','lake','commit','{}',NULL,NULL,1,1795348800.0,1795348800.0,'sent',NULL,NULL,1,0,1795348800.0,NULL);
INSERT INTO "delivery" VALUES(15,'dlv_68117cc31268b730fce53d3f','picky','commit','{}',NULL,NULL,1,1795348800.0,1795348800.0,'sent',NULL,NULL,1,0,1795348800.0,NULL);
INSERT INTO "delivery" VALUES(16,'dlv_d96fd5c016f992d90600998b','away','commit','{}',NULL,NULL,1,1795348800.0,1795348800.0,'pending',NULL,NULL,0,0,NULL,NULL);
INSERT INTO "delivery" VALUES(17,'dlv_c5a81605b5d0a1c7848a061b','locked','commit','{}',NULL,NULL,1,1795348800.0,1795348800.0,'pending',NULL,NULL,0,0,NULL,NULL);
INSERT INTO "delivery" VALUES(18,'dlv_11aae4a6797102e2bdbdcc06','busy','commit','{}','limit:2026-11-22T13:00:00Z','limit',3,1795348800.0,1795352400.0,'pending',NULL,NULL,0,0,NULL,NULL);
INSERT INTO "delivery" VALUES(19,'dlv_744c732bc560b2744d302bac','chat','commit','{}',NULL,NULL,1,1795348800.0,1795348800.0,'sent',NULL,NULL,1,0,1795348802.0,NULL);
INSERT INTO "delivery" VALUES(20,'dlv_1cc5c026338ff03134fafde3','lake','pushed, report_issue','{}',NULL,NULL,1,1795348800.0,1795348800.0,'sent',NULL,NULL,1,0,1795348800.0,NULL);
INSERT INTO "delivery" VALUES(21,'dlv_4fad8c60fde76d58f011f224','lake','commit','{}',NULL,NULL,1,1795349402.0,1795349402.0,'sent',NULL,NULL,1,0,1795349402.0,NULL);
INSERT INTO "delivery" VALUES(22,'dlv_d62b156696485db37bbc2928','picky','commit','{}',NULL,NULL,1,1795349402.0,1795349402.0,'sent',NULL,NULL,1,0,1795349402.0,NULL);
INSERT INTO "delivery" VALUES(23,'dlv_8259cf7c89a57a1ab62c8fa5','away','commit','{}',NULL,NULL,1,1795349402.0,1795349402.0,'pending',NULL,NULL,0,0,NULL,NULL);
INSERT INTO "delivery" VALUES(24,'dlv_b52b90317b2a9ad7368a1bc3','locked','commit','{}',NULL,NULL,1,1795349402.0,1795349402.0,'pending',NULL,NULL,0,0,NULL,NULL);
INSERT INTO "delivery" VALUES(25,'dlv_fac99720a92cb6277d6e16d2','chat','commit','{}',NULL,NULL,1,1795349402.0,1795349402.0,'sent',NULL,NULL,1,0,1795349402.0,NULL);
INSERT INTO "delivery" VALUES(26,'dlv_f1fa6556f190cc2b38623d99','lake','commit','{}',NULL,NULL,1,1795349402.0,1795349402.0,'sent',NULL,NULL,1,0,1795349402.0,NULL);
INSERT INTO "delivery" VALUES(27,'dlv_c715eaef43926ab06f5070e1','picky','commit','{}',NULL,NULL,1,1795349402.0,1795349402.0,'sent',NULL,NULL,1,0,1795349402.0,NULL);
INSERT INTO "delivery" VALUES(28,'dlv_55e294421a27275a566a65af','away','commit','{}',NULL,NULL,1,1795349402.0,1795349402.0,'pending',NULL,NULL,0,0,NULL,NULL);
INSERT INTO "delivery" VALUES(29,'dlv_d6097f0727317bc9bae5c7c2','locked','commit','{}',NULL,NULL,1,1795349402.0,1795349402.0,'pending',NULL,NULL,0,0,NULL,NULL);
INSERT INTO "delivery" VALUES(30,'dlv_f66a4a1f2c9e972ecc16c2f0','chat','commit','{}',NULL,NULL,1,1795349402.0,1795349402.0,'sent',NULL,NULL,1,0,1795349403.0,NULL);
INSERT INTO "delivery" VALUES(31,'dlv_aeecbaa48c19beeb17c53499','lake','pushed, report_issue','{}',NULL,NULL,1,1795349402.0,1795349402.0,'sent',NULL,NULL,1,0,1795349402.0,NULL);
CREATE TABLE delivery_event (
	event BIGINT NOT NULL, 
	destination TEXT NOT NULL, 
	delivery BIGINT NOT NULL, 
	PRIMARY KEY (event, destination), 
	FOREIGN KEY(delivery) REFERENCES delivery (seq) ON DELETE CASCADE
)
 WITHOUT ROWID

;
INSERT INTO "delivery_event" VALUES(1,'lake',1);
INSERT INTO "delivery_event" VALUES(1,'picky',2);
INSERT INTO "delivery_event" VALUES(1,'away',3);
INSERT INTO "delivery_event" VALUES(1,'locked',4);
INSERT INTO "delivery_event" VALUES(1,'daily',5);
INSERT INTO "delivery_event" VALUES(2,'daily',5);
INSERT INTO "delivery_event" VALUES(3,'daily',5);
INSERT INTO "delivery_event" VALUES(8,'daily',5);
INSERT INTO "delivery_event" VALUES(9,'daily',5);
INSERT INTO "delivery_event" VALUES(1,'busy',6);
INSERT INTO "delivery_event" VALUES(1,'chat',7);
INSERT INTO "delivery_event" VALUES(2,'lake',8);
INSERT INTO "delivery_event" VALUES(2,'picky',9);
INSERT INTO "delivery_event" VALUES(2,'away',10);
INSERT INTO "delivery_event" VALUES(2,'locked',11);
INSERT INTO "delivery_event" VALUES(2,'busy',12);
INSERT INTO "delivery_event" VALUES(2,'chat',13);
INSERT INTO "delivery_event" VALUES(3,'lake',14);
INSERT INTO "delivery_event" VALUES(3,'picky',15);
INSERT INTO "delivery_event" VALUES(3,'away',16);
INSERT INTO "delivery_event" VALUES(3,'locked',17);
INSERT INTO "delivery_event" VALUES(3,'busy',18);
INSERT INTO "delivery_event" VALUES(8,'busy',18);
INSERT INTO "delivery_event" VALUES(9,'busy',18);
INSERT INTO "delivery_event" VALUES(3,'chat',19);
INSERT INTO "delivery_event" VALUES(4,'lake',20);
INSERT INTO "delivery_event" VALUES(8,'lake',21);
INSERT INTO "delivery_event" VALUES(8,'picky',22);
INSERT INTO "delivery_event" VALUES(8,'away',23);
INSERT INTO "delivery_event" VALUES(8,'locked',24);
INSERT INTO "delivery_event" VALUES(8,'chat',25);
INSERT INTO "delivery_event" VALUES(9,'lake',26);
INSERT INTO "delivery_event" VALUES(9,'picky',27);
INSERT INTO "delivery_event" VALUES(9,'away',28);
INSERT INTO "delivery_event" VALUES(9,'locked',29);
INSERT INTO "delivery_event" VALUES(9,'chat',30);
INSERT INTO "delivery_event" VALUES(10,'lake',31);
CREATE TABLE event (
	seq INTEGER NOT NULL, 
	source TEXT NOT NULL, 
	id TEXT NOT NULL, 
	type TEXT NOT NULL, 
	owner TEXT, 
	slug TEXT, 
	username TEXT, 
	public BOOLEAN NOT NULL, 
	seen_at DOUBLE NOT NULL, 
	body TEXT NOT NULL, 
	PRIMARY KEY (seq), 
	UNIQUE (source, id)
);
INSERT INTO "event" VALUES(1,'old','8b4a2fea7ae62bd644fa0e2e0e06de0e','commit','jespern','django-piston','ada',1,1795348800.0,'{"id":"8b4a2fea7ae62bd644fa0e2e0e06de0e","type":"commit","source":"old","occurred_at":"2026-11-21T13:37:00Z","seen_at":"2026-11-22T12:00:00Z","repository":{"owner":"jespern","slug":"django-piston","name":"Piston","url":"https://bitbucket.org/jespern/django-piston","private":false},"actor":{"username":"ada","name":"Ada L","url":"https://bitbucket.org/ada","avatar_url":null},"title":"change a","url":"https://bitbucket.org/jespern/django-piston/commits/aaaaaaaaaaaa","number":null,"state":null,"branch":null,"target_branch":null,"commits":[{"hash":"aaaaaaaaaaaa","message":"change a","author":"Ada L","url":"https://bitbucket.org/jespern/django-piston/commits/aaaaaaaaaaaa"}],"total_commits":null,"comment":null,"labels":[],"draft":null,"reviewers":[],"guessed":[],"derived":false}');
INSERT INTO "event" VALUES(2,'old','0c09ff32da57bcfaaa1dfb7a393a6519','commit','jespern','django-piston','ada',1,1795348800.0,'{"id":"0c09ff32da57bcfaaa1dfb7a393a6519","type":"commit","source":"old","occurred_at":"2026-11-21T13:38:00Z","seen_at":"2026-11-22T12:00:00Z","repository":{"owner":"jespern","slug":"django-piston","name":"Piston","url":"https://bitbucket.org/jespern/django-piston","private":false},"actor":{"username":"ada","name":"Ada L","url":"https://bitbucket.org/ada","avatar_url":null},"title":"change b","url":"https://bitbucket.org/jespern/django-piston/commits/bbbbbbbbbbbb","number":null,"state":null,"branch":null,"target_branch":null,"commits":[{"hash":"bbbbbbbbbbbb","message":"change b","author":"Ada L","url":"https://bitbucket.org/jespern/django-piston/commits/bbbbbbbbbbbb"}],"total_commits":null,"comment":null,"labels":[],"draft":null,"reviewers":[],"guessed":[],"derived":false}');
INSERT INTO "event" VALUES(3,'old','977e27b715d260254da22503ff4f8cdb','commit','jespern','django-piston','ada',1,1795348800.0,'{"id":"977e27b715d260254da22503ff4f8cdb","type":"commit","source":"old","occurred_at":"2026-11-21T13:39:00Z","seen_at":"2026-11-22T12:00:00Z","repository":{"owner":"jespern","slug":"django-piston","name":"Piston","url":"https://bitbucket.org/jespern/django-piston","private":false},"actor":{"username":"ada","name":"Ada L","url":"https://bitbucket.org/ada","avatar_url":null},"title":"change c","url":"https://bitbucket.org/jespern/django-piston/commits/cccccccccccc","number":null,"state":null,"branch":null,"target_branch":null,"commits":[{"hash":"cccccccccccc","message":"change c","author":"Ada L","url":"https://bitbucket.org/jespern/django-piston/commits/cccccccccccc"}],"total_commits":null,"comment":null,"labels":[],"draft":null,"reviewers":[],"guessed":[],"derived":false}');
INSERT INTO "event" VALUES(4,'code','f8b7f325ed6b10e7:push:refs/heads/main:0000000000000000000000000000000000000000..a8a34fbe654e5d03de5fa450f0d4d39305d621ed:0','pushed','acme','site',NULL,0,1795348800.0,'{"id":"f8b7f325ed6b10e7:push:refs/heads/main:0000000000000000000000000000000000000000..a8a34fbe654e5d03de5fa450f0d4d39305d621ed:0","type":"pushed","source":"code","occurred_at":"2026-11-20T00:00:03Z","seen_at":"2026-11-22T12:00:00Z","repository":{"owner":"acme","slug":"site","name":"site","url":null,"private":null},"actor":{"username":null,"name":"Ada L","url":null,"avatar_url":null},"title":null,"url":null,"number":null,"state":null,"branch":"main","target_branch":null,"commits":[{"hash":"a8a34fbe654e5d03de5fa450f0d4d39305d621ed","message":"push c","author":"Ada L","url":null},{"hash":"795c83b046eca7ac7bc354000d6bd77055a76ea8","message":"push b","author":"Ada L","url":null},{"hash":"6a036682aea3993fe8f1e9add2251b87f92b8e0e","message":"push a","author":"Ada L","url":null}],"total_commits":null,"comment":null,"labels":[],"draft":null,"reviewers":[],"guessed":["actor","occurred_at"],"derived":false}');
INSERT INTO "event" VALUES(5,'code','f8b7f325ed6b10e7:commit:6a036682aea3993fe8f1e9add2251b87f92b8e0e','commit','acme','site',NULL,0,1795348800.0,'{"id":"f8b7f325ed6b10e7:commit:6a036682aea3993fe8f1e9add2251b87f92b8e0e","type":"commit","source":"code","occurred_at":"2026-11-20T00:00:01Z","seen_at":"2026-11-22T12:00:00Z","repository":{"owner":"acme","slug":"site","name":"site","url":null,"private":null},"actor":{"username":null,"name":"Ada L","url":null,"avatar_url":null},"title":null,"url":null,"number":null,"state":null,"branch":"main","target_branch":null,"commits":[{"hash":"6a036682aea3993fe8f1e9add2251b87f92b8e0e","message":"push a","author":"Ada L","url":null}],"total_commits":null,"comment":null,"labels":[],"draft":null,"reviewers":[],"guessed":[],"derived":true}');
INSERT INTO "event" VALUES(6,'code','f8b7f325ed6b10e7:commit:795c83b046eca7ac7bc354000d6bd77055a76ea8','commit','acme','site',NULL,0,1795348800.0,'{"id":"f8b7f325ed6b10e7:commit:795c83b046eca7ac7bc354000d6bd77055a76ea8","type":"commit","source":"code","occurred_at":"2026-11-20T00:00:02Z","seen_at":"2026-11-22T12:00:00Z","repository":{"owner":"acme","slug":"site","name":"site","url":null,"private":null},"actor":{"username":null,"name":"Ada L","url":null,"avatar_url":null},"title":null,"url":null,"number":null,"state":null,"branch":"main","target_branch":null,"commits":[{"hash":"795c83b046eca7ac7bc354000d6bd77055a76ea8","message":"push b","author":"Ada L","url":null}],"total_commits":null,"comment":null,"labels":[],"draft":null,"reviewers":[],"guessed":[],"derived":true}');
INSERT INTO "event" VALUES(7,'code','f8b7f325ed6b10e7:commit:a8a34fbe654e5d03de5fa450f0d4d39305d621ed','commit','acme','site',NULL,0,1795348800.0,'{"id":"f8b7f325ed6b10e7:commit:a8a34fbe654e5d03de5fa450f0d4d39305d621ed","type":"commit","source":"code","occurred_at":"2026-11-20T00:00:03Z","seen_at":"2026-11-22T12:00:00Z","repository":{"owner":"acme","slug":"site","name":"site","url":null,"private":null},"actor":{"username":null,"name":"Ada L","url":null,"avatar_url":null},"title":null,"url":null,"number":null,"state":null,"branch":"main","target_branch":null,"commits":[{"hash":"a8a34fbe654e5d03de5fa450f0d4d39305d621ed","message":"push c","author":"Ada L","url":null}],"total_commits":null,"comment":null,"labels":[],"draft":null,"reviewers":[],"guessed":[],"derived":true}');
INSERT INTO "event" VALUES(8,'old','4f1751c858857b9ff66c67cecabbb44c','commit','jespern','django-piston','ada',1,1795349402.0,'{"id":"4f1751c858857b9ff66c67cecabbb44c","type":"commit","source":"old","occurred_at":"2026-11-21T13:40:00Z","seen_at":"2026-11-22T12:10:02Z","repository":{"owner":"jespern","slug":"django-piston","name":"Piston","url":"https://bitbucket.org/jespern/django-piston","private":false},"actor":{"username":"ada","name":"Ada L","url":"https://bitbucket.org/ada","avatar_url":null},"title":"change d","url":"https://bitbucket.org/jespern/django-piston/commits/dddddddddddd","number":null,"state":null,"branch":null,"target_branch":null,"commits":[{"hash":"dddddddddddd","message":"change d","author":"Ada L","url":"https://bitbucket.org/jespern/django-piston/commits/dddddddddddd"}],"total_commits":null,"comment":null,"labels":[],"draft":null,"reviewers":[],"guessed":[],"derived":false}');
INSERT INTO "event" VALUES(9,'old','24c45aa6ec9d1f0541a8f708e073cdae','commit','jespern','django-piston','ada',1,1795349402.0,'{"id":"24c45aa6ec9d1f0541a8f708e073cdae","type":"commit","source":"old","occurred_at":"2026-11-21T13:41:00Z","seen_at":"2026-11-22T12:10:02Z","repository":{"owner":"jespern","slug":"django-piston","name":"Piston","url":"https://bitbucket.org/jespern/django-piston","private":false},"actor":{"username":"ada","name":"Ada L","url":"https://bitbucket.org/ada","avatar_url":null},"title":"change e","url":"https://bitbucket.org/jespern/django-piston/commits/eeeeeeeeeeee","number":null,"state":null,"branch":null,"target_branch":null,"commits":[{"hash":"eeeeeeeeeeee","message":"change e","author":"Ada L","url":"https://bitbucket.org/jespern/django-piston/commits/eeeeeeeeeeee"}],"total_commits":null,"comment":null,"labels":[],"draft":null,"reviewers":[],"guessed":[],"derived":false}');
INSERT INTO "event" VALUES(10,'code','f8b7f325ed6b10e7:push:refs/heads/main:a8a34fbe654e5d03de5fa450f0d4d39305d621ed..bd39acc4a34e9d85e6329362cd386920e4c039af:0','pushed','acme','site',NULL,0,1795349402.0,'{"id":"f8b7f325ed6b10e7:push:refs/heads/main:a8a34fbe654e5d03de5fa450f0d4d39305d621ed..bd39acc4a34e9d85e6329362cd386920e4c039af:0","type":"pushed","source":"code","occurred_at":"2026-11-20T00:00:05Z","seen_at":"2026-11-22T12:10:02Z","repository":{"owner":"acme","slug":"site","name":"site","url":null,"private":null},"actor":{"username":null,"name":"Ada L","url":null,"avatar_url":null},"title":null,"url":null,"number":null,"state":null,"branch":"main","target_branch":null,"commits":[{"hash":"bd39acc4a34e9d85e6329362cd386920e4c039af","message":"push e","author":"Ada L","url":null},{"hash":"dfd3e036281fa6319b48edf56110b55af93d5b15","message":"push d","author":"Ada L","url":null}],"total_commits":null,"comment":null,"labels":[],"draft":null,"reviewers":[],"guessed":["actor","occurred_at"],"derived":false}');
INSERT INTO "event" VALUES(11,'code','f8b7f325ed6b10e7:commit:dfd3e036281fa6319b48edf56110b55af93d5b15','commit','acme','site',NULL,0,1795349402.0,'{"id":"f8b7f325ed6b10e7:commit:dfd3e036281fa6319b48edf56110b55af93d5b15","type":"commit","source":"code","occurred_at":"2026-11-20T00:00:04Z","seen_at":"2026-11-22T12:10:02Z","repository":{"owner":"acme","slug":"site","name":"site","url":null,"private":null},"actor":{"username":null,"name":"Ada L","url":null,"avatar_url":null},"title":null,"url":null,"number":null,"state":null,"branch":"main","target_branch":null,"commits":[{"hash":"dfd3e036281fa6319b48edf56110b55af93d5b15","message":"push d","author":"Ada L","url":null}],"total_commits":null,"comment":null,"labels":[],"draft":null,"reviewers":[],"guessed":[],"derived":true}');
INSERT INTO "event" VALUES(12,'code','f8b7f325ed6b10e7:commit:bd39acc4a34e9d85e6329362cd386920e4c039af','commit','acme','site',NULL,0,1795349402.0,'{"id":"f8b7f325ed6b10e7:commit:bd39acc4a34e9d85e6329362cd386920e4c039af","type":"commit","source":"code","occurred_at":"2026-11-20T00:00:05Z","seen_at":"2026-11-22T12:10:02Z","repository":{"owner":"acme","slug":"site","name":"site","url":null,"private":null},"actor":{"username":null,"name":"Ada L","url":null,"avatar_url":null},"title":null,"url":null,"number":null,"state":null,"branch":"main","target_branch":null,"commits":[{"hash":"bd39acc4a34e9d85e6329362cd386920e4c039af","message":"push e","author":"Ada L","url":null}],"total_commits":null,"comment":null,"labels":[],"draft":null,"reviewers":[],"guessed":[],"derived":true}');
CREATE TABLE feed (
	id INTEGER NOT NULL, 
	source TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	cursor TEXT, 
	ready_at DOUBLE, 
	lease TEXT, 
	not_before DOUBLE NOT NULL, 
	polled_at DOUBLE, 
	tried_at DOUBLE, 
	failures INTEGER NOT NULL, 
	error TEXT, 
	gap TEXT, 
	gap_at DOUBLE, 
	PRIMARY KEY (id), 
	UNIQUE (source, "key")
);
INSERT INTO "feed" VALUES(1,'code','http://git.example/acme/site.git','{"refs":{"refs/heads/main":"bd39acc4a34e9d85e6329362cd386920e4c039af"},"n":{"refs/heads/main":1},"head":"refs/heads/main"}',1.79534946095288133619e+09,NULL,1795349402.0,1795349402.0,1795349402.0,0,NULL,NULL,NULL);
INSERT INTO "feed" VALUES(2,'old','repositories/acme/site','{"memory":["a6cabda44a568118","9b95df3ebcdef155","3ea71d634100ef52","d0a3ffdd5a8739fa","4b5e7199d92bfc0d"],"mark":"94930eb0c5e3a24a","body":"f2701ff86d418970","walk":"94930eb0c5e3a24a"}',1.79534946187354946135e+09,NULL,1795349402.0,1795349402.0,1795349402.0,0,NULL,NULL,NULL);
CREATE TABLE lane (
	destination TEXT NOT NULL, 
	account TEXT NOT NULL, 
	settings TEXT NOT NULL, 
	ready_at DOUBLE, 
	not_before DOUBLE NOT NULL, 
	waits_for TEXT, 
	lease TEXT, 
	failures INTEGER NOT NULL, 
	failing_since DOUBLE, 
	suspect BIGINT, 
	blocked_at DOUBLE, 
	reason TEXT, 
	limits TEXT, 
	PRIMARY KEY (destination)
);
INSERT INTO "lane" VALUES('lake','http://sink.example','b113018b895f54b6176db62ecf9d07c3',NULL,0.0,NULL,NULL,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "lane" VALUES('picky','http://sink.example','b9f2dac311e9431e1295750905bce7b2',NULL,0.0,NULL,NULL,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "lane" VALUES('away','http://sink.example','6fa0686e63273782ef3d9487bdfecf5e',1.79534940698688292508e+09,1.79534940698688292508e+09,'backoff',NULL,3,1795348800.0,3,NULL,'http://sink.example answered 503 Service Unavailable: not now',NULL);
INSERT INTO "lane" VALUES('locked','http://sink.example','619b67bbd26eafb4b32a91f093c924a1',1795352400.0,1795352400.0,'blocked',NULL,0,NULL,NULL,1795348800.0,'http://sink.example answered 401 Unauthorized: not now; check the credentials that it asks for',NULL);
INSERT INTO "lane" VALUES('daily','http://sink.example','22e381efbb241d5afd1976bbd1166593',1795370400.0,0.0,NULL,NULL,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "lane" VALUES('busy','http://sink.example','878f9323807414e1d12a4263c25fe409',1795352400.0,0.0,NULL,NULL,0,NULL,NULL,NULL,NULL,'{"limit:2026-11-22T13:00:00Z": [5, 1795352400.0]}');
INSERT INTO "lane" VALUES('chat','slack:66a33937da7c','527ed62546d30faf4351e8d22078ae8c',NULL,1795349404.0,'pace',NULL,0,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE meta (
	name TEXT NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "meta" VALUES('schema','1');
INSERT INTO "meta" VALUES('pruned_event','0');
INSERT INTO "meta" VALUES('pruned_words','1794744603.0');
CREATE TABLE words (
	delivery BIGINT NOT NULL, 
	at DOUBLE NOT NULL, 
	parts TEXT NOT NULL, 
	PRIMARY KEY (delivery), 
	FOREIGN KEY(delivery) REFERENCES delivery (seq) ON DELETE CASCADE
);
INSERT INTO "words" VALUES(1,1795348800.0,'{"body":"{\"type\":\"commit\",\"timestamp\":\"2026-11-21T13:37:00Z\",\"summary\":\"Ada L committed aaaaaaa: change a (jespern/django-piston)\",\"data\":{\"id\":\"8b4a2fea7ae62bd644fa0e2e0e06de0e\",\"type\":\"commit\",\"source\":\"old\",\"occurred_at\":\"2026-11-21T13:37:00Z\",\"seen_at\":\"2026-11-22T12:00:00Z\",\"repository\":{\"owner\":\"jespern\",\"slug\":\"django-piston\",\"name\":\"Piston\",\"url\":\"https://bitbucket.org/jespern/django-piston\",\"private\":false},\"actor\":{\"username\":\"ada\",\"name\":\"Ada L\",\"url\":\"https://bitbucket.org/ada\",\"avatar_url\":null},\"title\":\"change a\",\"url\":\"https://bitbucket.org/jespern/django-piston/commits/aaaaaaaaaaaa\",\"number\":null,\"state\":null,\"branch\":null,\"target_branch\":null,\"commits\":[{\"hash\":\"aaaaaaaaaaaa\",\"message\":\"change a\",\"author\":\"Ada L\",\"url\":\"https://bitbucket.org/jespern/django-piston/commits/aaaaaaaaaaaa\"}],\"total_commits\":null,\"comment\":null,\"labels\":[],\"draft\":null,\"reviewers\":[],\"guessed\":[],\"derived\":false},\"relay\":{\"version\":1,\"delivery\":\"dlv_3d704511098ed4987af6bef4\",\"destination\":\"lake\",\"rule\":\"commit\"}}"}');
INSERT INTO "words" VALUES(3,1795348800.0,'{"body":"{\"type\":\"commit\",\"timestamp\":\"2026-11-21T13:37:00Z\",\"summary\":\"Ada L committed aaaaaaa: change a (jespern/django-piston)\",\"data\":{\"id\":\"8b4a2fea7ae62bd644fa0e2e0e06de0e\",\"type\":\"commit\",\"source\":\"old\",\"occurred_at\":\"2026-11-21T13:37:00Z\",\"seen_at\":\"2026-11-22T12:00:00Z\",\"repository\":{\"owner\":\"jespern\",\"slug\":\"django-piston\",\"name\":\"Piston\",\"url\":\"https://bitbucket.org/jespern/django-piston\",\"private\":false},\"actor\":{\"username\":\"ada\",\"name\":\"Ada L\",\"url\":\"https://bitbucket.org/ada\",\"avatar_url\":null},\"title\":\"change a\",\"url\":\"https://bitbucket.org/jespern/django-piston/commits/aaaaaaaaaaaa\",\"number\":null,\"state\":null,\"branch\":null,\"target_branch\":null,\"commits\":[{\"hash\":\"aaaaaaaaaaaa\",\"message\":\"change a\",\"author\":\"Ada L\",\"url\":\"https://bitbucket.org/jespern/django-piston/commits/aaaaaaaaaaaa\"}],\"total_commits\":null,\"comment\":null,\"labels\":[],\"draft\":null,\"reviewers\":[],\"guessed\":[],\"derived\":false},\"relay\":{\"version\":1,\"delivery\":\"dlv_131d6e6ad0ee5d2e11f7c854\",\"destination\":\"away\",\"rule\":\"commit\"}}"}');
INSERT INTO "words" VALUES(2,1795348800.0,'{"body":"{\"type\":\"commit\",\"timestamp\":\"2026-11-21T13:37:00Z\",\"summary\":\"Ada L committed aaaaaaa: change a (jespern/django-piston)\",\"data\":{\"id\":\"8b4a2fea7ae62bd644fa0e2e0e06de0e\",\"type\":\"commit\",\"source\":\"old\",\"occurred_at\":\"2026-11-21T13:37:00Z\",\"seen_at\":\"2026-11-22T12:00:00Z\",\"repository\":{\"owner\":\"jespern\",\"slug\":\"django-piston\",\"name\":\"Piston\",\"url\":\"https://bitbucket.org/jespern/django-piston\",\"private\":false},\"actor\":{\"username\":\"ada\",\"name\":\"Ada L\",\"url\":\"https://bitbucket.org/ada\",\"avatar_url\":null},\"title\":\"change a\",\"url\":\"https://bitbucket.org/jespern/django-piston/commits/aaaaaaaaaaaa\",\"number\":null,\"state\":null,\"branch\":null,\"target_branch\":null,\"commits\":[{\"hash\":\"aaaaaaaaaaaa\",\"message\":\"change a\",\"author\":\"Ada L\",\"url\":\"https://bitbucket.org/jespern/django-piston/commits/aaaaaaaaaaaa\"}],\"total_commits\":null,\"comment\":null,\"labels\":[],\"draft\":null,\"reviewers\":[],\"guessed\":[],\"derived\":false},\"relay\":{\"version\":1,\"delivery\":\"dlv_b3f54c7091e6a19135dfeb3d\",\"destination\":\"picky\",\"rule\":\"commit\"}}"}');
INSERT INTO "words" VALUES(7,1795348800.0,'{"text":"Ada L committed aaaaaaa: change a (jespern/django-piston), on Sat 21 Nov at 13:37","blocks":"[{\"type\":\"section\",\"text\":{\"type\":\"mrkdwn\",\"verbatim\":true,\"text\":\"*Ada L* committed <https://bitbucket.org/jespern/django-piston/commits/aaaaaaaaaaaa|`aaaaaaa`>: change a\"}},{\"type\":\"context\",\"elements\":[{\"type\":\"mrkdwn\",\"verbatim\":true,\"text\":\"on Sat 21 Nov at 13:37\"},{\"type\":\"mrkdwn\",\"verbatim\":true,\"text\":\"<https://bitbucket.org/jespern/django-piston|jespern/django-piston>\"}]}]"}');
INSERT INTO "words" VALUES(6,1795348800.0,'{"body":"{\"type\":\"commit\",\"timestamp\":\"2026-11-21T13:37:00Z\",\"summary\":\"Ada L committed aaaaaaa: change a (jespern/django-piston)\",\"data\":{\"id\":\"8b4a2fea7ae62bd644fa0e2e0e06de0e\",\"type\":\"commit\",\"source\":\"old\",\"occurred_at\":\"2026-11-21T13:37:00Z\",\"seen_at\":\"2026-11-22T12:00:00Z\",\"repository\":{\"owner\":\"jespern\",\"slug\":\"django-piston\",\"name\":\"Piston\",\"url\":\"https://bitbucket.org/jespern/django-piston\",\"private\":false},\"actor\":{\"username\":\"ada\",\"name\":\"Ada L\",\"url\":\"https://bitbucket.org/ada\",\"avatar_url\":null},\"title\":\"change a\",\"url\":\"https://bitbucket.org/jespern/django-piston/commits/aaaaaaaaaaaa\",\"number\":null,\"state\":null,\"branch\":null,\"target_branch\":null,\"commits\":[{\"hash\":\"aaaaaaaaaaaa\",\"message\":\"change a\",\"author\":\"Ada L\",\"url\":\"https://bitbucket.org/jespern/django-piston/commits/aaaaaaaaaaaa\"}],\"total_commits\":null,\"comment\":null,\"labels\":[],\"draft\":null,\"reviewers\":[],\"guessed\":[],\"derived\":false},\"relay\":{\"version\":1,\"delivery\":\"dlv_789b4bc3c0a91617317d060f\",\"destination\":\"busy\",\"rule\":\"commit\"}}"}');
INSERT INTO "words" VALUES(4,1795348800.0,'{"body":"{\"type\":\"commit\",\"timestamp\":\"2026-11-21T13:37:00Z\",\"summary\":\"Ada L committed aaaaaaa: change a (jespern/django-piston)\",\"data\":{\"id\":\"8b4a2fea7ae62bd644fa0e2e0e06de0e\",\"type\":\"commit\",\"source\":\"old\",\"occurred_at\":\"2026-11-21T13:37:00Z\",\"seen_at\":\"2026-11-22T12:00:00Z\",\"repository\":{\"owner\":\"jespern\",\"slug\":\"django-piston\",\"name\":\"Piston\",\"url\":\"https://bitbucket.org/jespern/django-piston\",\"private\":false},\"actor\":{\"username\":\"ada\",\"name\":\"Ada L\",\"url\":\"https://bitbucket.org/ada\",\"avatar_url\":null},\"title\":\"change a\",\"url\":\"https://bitbucket.org/jespern/django-piston/commits/aaaaaaaaaaaa\",\"number\":null,\"state\":null,\"branch\":null,\"target_branch\":null,\"commits\":[{\"hash\":\"aaaaaaaaaaaa\",\"message\":\"change a\",\"author\":\"Ada L\",\"url\":\"https://bitbucket.org/jespern/django-piston/commits/aaaaaaaaaaaa\"}],\"total_commits\":null,\"comment\":null,\"labels\":[],\"draft\":null,\"reviewers\":[],\"guessed\":[],\"derived\":false},\"relay\":{\"version\":1,\"delivery\":\"dlv_a2b8e5bd1647e23471a8a20a\",\"destination\":\"locked\",\"rule\":\"commit\"}}"}');
INSERT INTO "words" VALUES(12,1795348800.0,'{"body":"{\"type\":\"commit\",\"timestamp\":\"2026-11-21T13:38:00Z\",\"summary\":\"Ada L committed bbbbbbb: change b (jespern/django-piston)\",\"data\":{\"id\":\"0c09ff32da57bcfaaa1dfb7a393a6519\",\"type\":\"commit\",\"source\":\"old\",\"occurred_at\":\"2026-11-21T13:38:00Z\",\"seen_at\":\"2026-11-22T12:00:00Z\",\"repository\":{\"owner\":\"jespern\",\"slug\":\"django-piston\",\"name\":\"Piston\",\"url\":\"https://bitbucket.org/jespern/django-piston\",\"private\":false},\"actor\":{\"username\":\"ada\",\"name\":\"Ada L\",\"url\":\"https://bitbucket.org/ada\",\"avatar_url\":null},\"title\":\"change b\",\"url\":\"https://bitbucket.org/jespern/django-piston/commits/bbbbbbbbbbbb\",\"number\":null,\"state\":null,\"branch\":null,\"target_branch\":null,\"commits\":[{\"hash\":\"bbbbbbbbbbbb\",\"message\":\"change b\",\"author\":\"Ada L\",\"url\":\"https://bitbucket.org/jespern/django-piston/commits/bbbbbbbbbbbb\"}],\"total_commits\":null,\"comment\":null,\"labels\":[],\"draft\":null,\"reviewers\":[],\"guessed\":[],\"derived\":false},\"relay\":{\"version\":1,\"delivery\":\"dlv_2025d7da088904cdb50be655\",\"destination\":\"busy\",\"rule\":\"commit\"}}"}');
INSERT INTO "words" VALUES(9,1795348800.0,'{"body":"{\"type\":\"commit\",\"timestamp\":\"2026-11-21T13:38:00Z\",\"summary\":\"Ada L committed bbbbbbb: change b (jespern/django-piston)\",\"data\":{\"id\":\"0c09ff32da57bcfaaa1dfb7a393a6519\",\"type\":\"commit\",\"source\":\"old\",\"occurred_at\":\"2026-11-21T13:38:00Z\",\"seen_at\":\"2026-11-22T12:00:00Z\",\"repository\":{\"owner\":\"jespern\",\"slug\":\"django-piston\",\"name\":\"Piston\",\"url\":\"https://bitbucket.org/jespern/django-piston\",\"private\":false},\"actor\":{\"username\":\"ada\",\"name\":\"Ada L\",\"url\":\"https://bitbucket.org/ada\",\"avatar_url\":null},\"title\":\"change b\",\"url\":\"https://bitbucket.org/jespern/django-piston/commits/bbbbbbbbbbbb\",\"number\":null,\"state\":null,\"branch\":null,\"target_branch\":null,\"commits\":[{\"hash\":\"bbbbbbbbbbbb\",\"message\":\"change b\",\"author\":\"Ada L\",\"url\":\"https://bitbucket.org/jespern/django-piston/commits/bbbbbbbbbbbb\"}],\"total_commits\":null,\"comment\":null,\"labels\":[],\"draft\":null,\"reviewers\":[],\"guessed\":[],\"derived\":false},\"relay\":{\"version\":1,\"delivery\":\"dlv_012b6db5d54e9219cdda604d\",\"destination\":\"picky\",\"rule\":\"commit\"}}"}');
INSERT INTO "words" VALUES(8,1795348800.0,'{"body":"{\"type\":\"commit\",\"timestamp\":\"2026-11-21T13:38:00Z\",\"summary\":\"Ada L committed bbbbbbb: change b (jespern/django-piston)\",\"data\":{\"id\":\"0c09ff32da57bcfaaa1dfb7a393a6519\",\"type\":\"commit\",\"source\":\"old\",\"occurred_at\":\"2026-11-21T13:38:00Z\",\"seen_at\":\"2026-11-22T12:00:00Z\",\"repository\":{\"owner\":\"jespern\",\"slug\":\"django-piston\",\"name\":\"Piston\",\"url\":\"https://bitbucket.org/jespern/django-piston\",\"private\":false},\"actor\":{\"username\":\"ada\",\"name\":\"Ada L\",\"url\":\"https://bitbucket.org/ada\",\"avatar_url\":null},\"title\":\"change b\",\"url\":\"https://bitbucket.org/jespern/django-piston/commits/bbbbbbbbbbbb\",\"number\":null,\"state\":null,\"branch\":null,\"target_branch\":null,\"commits\":[{\"hash\":\"bbbbbbbbbbbb\",\"message\":\"change b\",\"author\":\"Ada L\",\"url\":\"https://bitbucket.org/jespern/django-piston/commits/bbbbbbbbbbbb\"}],\"total_commits\":null,\"comment\":null,\"labels\":[],\"draft\":null,\"reviewers\":[],\"guessed\":[],\"derived\":false},\"relay\":{\"version\":1,\"delivery\":\"dlv_eda06300a1ccb5a000dbaa29\",\"destination\":\"lake\",\"rule\":\"commit\"}}"}');
INSERT INTO "words" VALUES(15,1795348800.0,'{"body":"{\"type\":\"commit\",\"timestamp\":\"2026-11-21T13:39:00Z\",\"summary\":\"Ada L committed ccccccc: change c (jespern/django-piston)\",\"data\":{\"id\":\"977e27b715d260254da22503ff4f8cdb\",\"type\":\"commit\",\"source\":\"old\",\"occurred_at\":\"2026-11-21T13:39:00Z\",\"seen_at\":\"2026-11-22T12:00:00Z\",\"repository\":{\"owner\":\"jespern\",\"slug\":\"django-piston\",\"name\":\"Piston\",\"url\":\"https://bitbucket.org/jespern/django-piston\",\"private\":false},\"actor\":{\"username\":\"ada\",\"name\":\"Ada L\",\"url\":\"https://bitbucket.org/ada\",\"avatar_url\":null},\"title\":\"change c\",\"url\":\"https://bitbucket.org/jespern/django-piston/commits/cccccccccccc\",\"number\":null,\"state\":null,\"branch\":null,\"target_branch\":null,\"commits\":[{\"hash\":\"cccccccccccc\",\"message\":\"change c\",\"author\":\"Ada L\",\"url\":\"https://bitbucket.org/jespern/django-piston/commits/cccccccccccc\"}],\"total_commits\":null,\"comment\":null,\"labels\":[],\"draft\":null,\"reviewers\":[],\"guessed\":[],\"derived\":false},\"relay\":{\"version\":1,\"delivery\":\"dlv_68117cc31268b730fce53d3f\",\"destination\":\"picky\",\"rule\":\"commit\"}}"}');
INSERT INTO "words" VALUES(14,1795348800.0,'{"body":"{\"type\":\"commit\",\"timestamp\":\"2026-11-21T13:39:00Z\",\"summary\":\"Ada L committed ccccccc: change c (jespern/django-piston)\",\"data\":{\"id\":\"977e27b715d260254da22503ff4f8cdb\",\"type\":\"commit\",\"source\":\"old\",\"occurred_at\":\"2026-11-21T13:39:00Z\",\"seen_at\":\"2026-11-22T12:00:00Z\",\"repository\":{\"owner\":\"jespern\",\"slug\":\"django-piston\",\"name\":\"Piston\",\"url\":\"https://bitbucket.org/jespern/django-piston\",\"private\":false},\"actor\":{\"username\":\"ada\",\"name\":\"Ada L\",\"url\":\"https://bitbucket.org/ada\",\"avatar_url\":null},\"title\":\"change c\",\"url\":\"https://bitbucket.org/jespern/django-piston/commits/cccccccccccc\",\"number\":null,\"state\":null,\"branch\":null,\"target_branch\":null,\"commits\":[{\"hash\":\"cccccccccccc\",\"message\":\"change c\",\"author\":\"Ada L\",\"url\":\"https://bitbucket.org/jespern/django-piston/commits/cccccccccccc\"}],\"total_commits\":null,\"comment\":null,\"labels\":[],\"draft\":null,\"reviewers\":[],\"guessed\":[],\"derived\":false},\"relay\":{\"version\":1,\"delivery\":\"dlv_8140d4c92dfa395ece39737b\",\"destination\":\"lake\",\"rule\":\"commit\"}}"}');
INSERT INTO "words" VALUES(20,1795348800.0,'{"body":"{\"type\":\"pushed\",\"timestamp\":\"2026-11-20T00:00:03Z\",\"summary\":\"3 commits were pushed to main (acme/site)\",\"data\":{\"id\":\"f8b7f325ed6b10e7:push:refs/heads/main:0000000000000000000000000000000000000000..a8a34fbe654e5d03de5fa450f0d4d39305d621ed:0\",\"type\":\"pushed\",\"source\":\"code\",\"occurred_at\":\"2026-11-20T00:00:03Z\",\"seen_at\":\"2026-11-22T12:00:00Z\",\"repository\":{\"owner\":\"acme\",\"slug\":\"site\",\"name\":\"site\",\"url\":null,\"private\":null},\"actor\":{\"username\":null,\"name\":\"Ada L\",\"url\":null,\"avatar_url\":null},\"title\":null,\"url\":null,\"number\":null,\"state\":null,\"branch\":\"main\",\"target_branch\":null,\"commits\":[{\"hash\":\"a8a34fbe654e5d03de5fa450f0d4d39305d621ed\",\"message\":\"push c\",\"author\":\"Ada L\",\"url\":null},{\"hash\":\"795c83b046eca7ac7bc354000d6bd77055a76ea8\",\"message\":\"push b\",\"author\":\"Ada L\",\"url\":null},{\"hash\":\"6a036682aea3993fe8f1e9add2251b87f92b8e0e\",\"message\":\"push a\",\"author\":\"Ada L\",\"url\":null}],\"total_commits\":null,\"comment\":null,\"labels\":[],\"draft\":null,\"reviewers\":[],\"guessed\":[\"actor\",\"occurred_at\"],\"derived\":false},\"relay\":{\"version\":1,\"delivery\":\"dlv_1cc5c026338ff03134fafde3\",\"destination\":\"lake\",\"rule\":\"pushed, report_issue\"}}"}');
INSERT INTO "words" VALUES(13,1795348801.0,'{"text":"Ada L committed bbbbbbb: change b (jespern/django-piston), on Sat 21 Nov at 13:38","blocks":"[{\"type\":\"section\",\"text\":{\"type\":\"mrkdwn\",\"verbatim\":true,\"text\":\"*Ada L* committed <https://bitbucket.org/jespern/django-piston/commits/bbbbbbbbbbbb|`bbbbbbb`>: change b\"}},{\"type\":\"context\",\"elements\":[{\"type\":\"mrkdwn\",\"verbatim\":true,\"text\":\"on Sat 21 Nov at 13:38\"},{\"type\":\"mrkdwn\",\"verbatim\":true,\"text\":\"<https://bitbucket.org/jespern/django-piston|jespern/django-piston>\"}]}]"}');
INSERT INTO "words" VALUES(19,1795348802.0,'{"text":"Ada L committed ccccccc: change c (jespern/django-piston), on Sat 21 Nov at 13:39","blocks":"[{\"type\":\"section\",\"text\":{\"type\":\"mrkdwn\",\"verbatim\":true,\"text\":\"*Ada L* committed <https://bitbucket.org/jespern/django-piston/commits/cccccccccccc|`ccccccc`>: change c\"}},{\"type\":\"context\",\"elements\":[{\"type\":\"mrkdwn\",\"verbatim\":true,\"text\":\"on Sat 21 Nov at 13:39\"},{\"type\":\"mrkdwn\",\"verbatim\":true,\"text\":\"<https://bitbucket.org/jespern/django-piston|jespern/django-piston>\"}]}]"}');
INSERT INTO "words" VALUES(22,1795349402.0,'{"body":"{\"type\":\"commit\",\"timestamp\":\"2026-11-21T13:40:00Z\",\"summary\":\"Ada L committed ddddddd: change d (jespern/django-piston)\",\"data\":{\"id\":\"4f1751c858857b9ff66c67cecabbb44c\",\"type\":\"commit\",\"source\":\"old\",\"occurred_at\":\"2026-11-21T13:40:00Z\",\"seen_at\":\"2026-11-22T12:10:02Z\",\"repository\":{\"owner\":\"jespern\",\"slug\":\"django-piston\",\"name\":\"Piston\",\"url\":\"https://bitbucket.org/jespern/django-piston\",\"private\":false},\"actor\":{\"username\":\"ada\",\"name\":\"Ada L\",\"url\":\"https://bitbucket.org/ada\",\"avatar_url\":null},\"title\":\"change d\",\"url\":\"https://bitbucket.org/jespern/django-piston/commits/dddddddddddd\",\"number\":null,\"state\":null,\"branch\":null,\"target_branch\":null,\"commits\":[{\"hash\":\"dddddddddddd\",\"message\":\"change d\",\"author\":\"Ada L\",\"url\":\"https://bitbucket.org/jespern/django-piston/commits/dddddddddddd\"}],\"total_commits\":null,\"comment\":null,\"labels\":[],\"draft\":null,\"reviewers\":[],\"guessed\":[],\"derived\":false},\"relay\":{\"version\":1,\"delivery\":\"dlv_d62b156696485db37bbc2928\",\"destination\":\"picky\",\"rule\":\"commit\"}}"}');
INSERT INTO "words" VALUES(21,1795349402.0,'{"body":"{\"type\":\"commit\",\"timestamp\":\"2026-11-21T13:40:00Z\",\"summary\":\"Ada L committed ddddddd: change d (jespern/django-piston)\",\"data\":{\"id\":\"4f1751c858857b9ff66c67cecabbb44c\",\"type\":\"commit\",\"source\":\"old\",\"occurred_at\":\"2026-11-21T13:40:00Z\",\"seen_at\":\"2026-11-22T12:10:02Z\",\"repository\":{\"owner\":\"jespern\",\"slug\":\"django-piston\",\"name\":\"Piston\",\"url\":\"https://bitbucket.org/jespern/django-piston\",\"private\":false},\"actor\":{\"username\":\"ada\",\"name\":\"Ada L\",\"url\":\"https://bitbucket.org/ada\",\"avatar_url\":null},\"title\":\"change d\",\"url\":\"https://bitbucket.org/jespern/django-piston/commits/dddddddddddd\",\"number\":null,\"state\":null,\"branch\":null,\"target_branch\":null,\"commits\":[{\"hash\":\"dddddddddddd\",\"message\":\"change d\",\"author\":\"Ada L\",\"url\":\"https://bitbucket.org/jespern/django-piston/commits/dddddddddddd\"}],\"total_commits\":null,\"comment\":null,\"labels\":[],\"draft\":null,\"reviewers\":[],\"guessed\":[],\"derived\":false},\"relay\":{\"version\":1,\"delivery\":\"dlv_4fad8c60fde76d58f011f224\",\"destination\":\"lake\",\"rule\":\"commit\"}}"}');
INSERT INTO "words" VALUES(25,1795349402.0,'{"text":"Ada L committed ddddddd: change d (jespern/django-piston), on Sat 21 Nov at 13:40","blocks":"[{\"type\":\"section\",\"text\":{\"type\":\"mrkdwn\",\"verbatim\":true,\"text\":\"*Ada L* committed <https://bitbucket.org/jespern/django-piston/commits/dddddddddddd|`ddddddd`>: change d\"}},{\"type\":\"context\",\"elements\":[{\"type\":\"mrkdwn\",\"verbatim\":true,\"text\":\"on Sat 21 Nov at 13:40\"},{\"type\":\"mrkdwn\",\"verbatim\":true,\"text\":\"<https://bitbucket.org/jespern/django-piston|jespern/django-piston>\"}]}]"}');
INSERT INTO "words" VALUES(27,1795349402.0,'{"body":"{\"type\":\"commit\",\"timestamp\":\"2026-11-21T13:41:00Z\",\"summary\":\"Ada L committed eeeeeee: change e (jespern/django-piston)\",\"data\":{\"id\":\"24c45aa6ec9d1f0541a8f708e073cdae\",\"type\":\"commit\",\"source\":\"old\",\"occurred_at\":\"2026-11-21T13:41:00Z\",\"seen_at\":\"2026-11-22T12:10:02Z\",\"repository\":{\"owner\":\"jespern\",\"slug\":\"django-piston\",\"name\":\"Piston\",\"url\":\"https://bitbucket.org/jespern/django-piston\",\"private\":false},\"actor\":{\"username\":\"ada\",\"name\":\"Ada L\",\"url\":\"https://bitbucket.org/ada\",\"avatar_url\":null},\"title\":\"change e\",\"url\":\"https://bitbucket.org/jespern/django-piston/commits/eeeeeeeeeeee\",\"number\":null,\"state\":null,\"branch\":null,\"target_branch\":null,\"commits\":[{\"hash\":\"eeeeeeeeeeee\",\"message\":\"change e\",\"author\":\"Ada L\",\"url\":\"https://bitbucket.org/jespern/django-piston/commits/eeeeeeeeeeee\"}],\"total_commits\":null,\"comment\":null,\"labels\":[],\"draft\":null,\"reviewers\":[],\"guessed\":[],\"derived\":false},\"relay\":{\"version\":1,\"delivery\":\"dlv_c715eaef43926ab06f5070e1\",\"destination\":\"picky\",\"rule\":\"commit\"}}"}');
INSERT INTO "words" VALUES(26,1795349402.0,'{"body":"{\"type\":\"commit\",\"timestamp\":\"2026-11-21T13:41:00Z\",\"summary\":\"Ada L committed eeeeeee: change e (jespern/django-piston)\",\"data\":{\"id\":\"24c45aa6ec9d1f0541a8f708e073cdae\",\"type\":\"commit\",\"source\":\"old\",\"occurred_at\":\"2026-11-21T13:41:00Z\",\"seen_at\":\"2026-11-22T12:10:02Z\",\"repository\":{\"owner\":\"jespern\",\"slug\":\"django-piston\",\"name\":\"Piston\",\"url\":\"https://bitbucket.org/jespern/django-piston\",\"private\":false},\"actor\":{\"username\":\"ada\",\"name\":\"Ada L\",\"url\":\"https://bitbucket.org/ada\",\"avatar_url\":null},\"title\":\"change e\",\"url\":\"https://bitbucket.org/jespern/django-piston/commits/eeeeeeeeeeee\",\"number\":null,\"state\":null,\"branch\":null,\"target_branch\":null,\"commits\":[{\"hash\":\"eeeeeeeeeeee\",\"message\":\"change e\",\"author\":\"Ada L\",\"url\":\"https://bitbucket.org/jespern/django-piston/commits/eeeeeeeeeeee\"}],\"total_commits\":null,\"comment\":null,\"labels\":[],\"draft\":null,\"reviewers\":[],\"guessed\":[],\"derived\":false},\"relay\":{\"version\":1,\"delivery\":\"dlv_f1fa6556f190cc2b38623d99\",\"destination\":\"lake\",\"rule\":\"commit\"}}"}');
INSERT INTO "words" VALUES(31,1795349402.0,'{"body":"{\"type\":\"pushed\",\"timestamp\":\"2026-11-20T00:00:05Z\",\"summary\":\"2 commits were pushed to main (acme/site)\",\"data\":{\"id\":\"f8b7f325ed6b10e7:push:refs/heads/main:a8a34fbe654e5d03de5fa450f0d4d39305d621ed..bd39acc4a34e9d85e6329362cd386920e4c039af:0\",\"type\":\"pushed\",\"source\":\"code\",\"occurred_at\":\"2026-11-20T00:00:05Z\",\"seen_at\":\"2026-11-22T12:10:02Z\",\"repository\":{\"owner\":\"acme\",\"slug\":\"site\",\"name\":\"site\",\"url\":null,\"private\":null},\"actor\":{\"username\":null,\"name\":\"Ada L\",\"url\":null,\"avatar_url\":null},\"title\":null,\"url\":null,\"number\":null,\"state\":null,\"branch\":\"main\",\"target_branch\":null,\"commits\":[{\"hash\":\"bd39acc4a34e9d85e6329362cd386920e4c039af\",\"message\":\"push e\",\"author\":\"Ada L\",\"url\":null},{\"hash\":\"dfd3e036281fa6319b48edf56110b55af93d5b15\",\"message\":\"push d\",\"author\":\"Ada L\",\"url\":null}],\"total_commits\":null,\"comment\":null,\"labels\":[],\"draft\":null,\"reviewers\":[],\"guessed\":[\"actor\",\"occurred_at\"],\"derived\":false},\"relay\":{\"version\":1,\"delivery\":\"dlv_aeecbaa48c19beeb17c53499\",\"destination\":\"lake\",\"rule\":\"pushed, report_issue\"}}"}');
INSERT INTO "words" VALUES(30,1795349403.0,'{"text":"Ada L committed eeeeeee: change e (jespern/django-piston), on Sat 21 Nov at 13:41","blocks":"[{\"type\":\"section\",\"text\":{\"type\":\"mrkdwn\",\"verbatim\":true,\"text\":\"*Ada L* committed <https://bitbucket.org/jespern/django-piston/commits/eeeeeeeeeeee|`eeeeeee`>: change e\"}},{\"type\":\"context\",\"elements\":[{\"type\":\"mrkdwn\",\"verbatim\":true,\"text\":\"on Sat 21 Nov at 13:41\"},{\"type\":\"mrkdwn\",\"verbatim\":true,\"text\":\"<https://bitbucket.org/jespern/django-piston|jespern/django-piston>\"}]}]"}');
CREATE INDEX feed_ready ON feed (ready_at) WHERE ready_at IS NOT NULL;
CREATE INDEX event_user ON event (username, seq, public, type) WHERE username IS NOT NULL;
CREATE INDEX event_repository ON event (owner, slug, seq, public, type);
CREATE INDEX lane_ready ON lane (ready_at) WHERE ready_at IS NOT NULL;
CREATE INDEX delivery_dead ON delivery (seq) WHERE state = 'dead';
CREATE INDEX delivery_aside ON delivery (destination, due_at) WHERE state = 'pending' AND aside_at IS NOT NULL;
CREATE INDEX delivery_bundle ON delivery (destination, bundle) WHERE state = 'pending' AND bundle IS NOT NULL;
CREATE INDEX delivery_settled ON delivery (settled_at) WHERE settled_at IS NOT NULL;
CREATE INDEX delivery_waiting ON delivery (destination, release_at, seq) WHERE state = 'pending' AND aside_at IS NULL;
CREATE INDEX card_updated ON card (updated_at);
CREATE INDEX delivery_event_delivery ON delivery_event (delivery, event);
CREATE INDEX attempt_delivery ON attempt (delivery);
COMMIT;
