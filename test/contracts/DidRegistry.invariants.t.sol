// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {DidRegistry} from "../../contracts/DidRegistry.sol";
import {IDidRegistry} from "../../contracts/interfaces/IDidRegistry.sol";
import {IERC1056} from "../../contracts/interfaces/IERC1056.sol";
import {DidRegistryChanges} from "./DidRegistryChanges.sol";
import {Vm, vm} from "./Vm.sol";

/// @title Random life of four identities
/// @notice Makes calls for four keys, right and wrong ones, and replays every event into a model of its own.
contract DidRegistryHandler {
    bytes32 public constant TYPE = DidRegistryChanges.STATUS;

    DidRegistry public immutable REGISTRY;

    mapping(address identity => address owner) public modelOwner;
    mapping(address identity => uint256 blockNumber) public modelChanged;
    mapping(address identity => bool) public modelDeactivated;
    mapping(address identity => mapping(address delegate => uint256 validTo)) public modelValidTo;
    mapping(address identity => uint256 count) public modelNonce;

    /// @notice Set when a write by another than the owner went through, or one to a deactivated identity, or a
    /// signature twice.
    bool public broken;
    uint256 public successes;

    constructor(DidRegistry registry) {
        REGISTRY = registry;
        for (uint256 i = 0; i < 4; ++i) modelOwner[account(i)] = account(i);
    }

    function account(uint256 i) public pure returns (address) {
        return DidRegistryChanges.accountOf(i);
    }

    function pass(uint256 blocks, uint256 time) external {
        vm.roll(block.number + 1 + (blocks % 5));
        vm.warp(block.timestamp + (time % 50));
    }

    function changeOwner(uint256 identity, uint256 actor, uint256 newOwner) external {
        _call(identity, actor, abi.encodeCall(IERC1056.changeOwner, (account(identity), account(newOwner))));
    }

    function deactivate(uint256 identity, uint256 actor, uint256 luck) external {
        if (luck % 4 != 0) return;
        _call(identity, actor, abi.encodeCall(IERC1056.changeOwner, (account(identity), address(0))));
    }

    function addDelegate(uint256 identity, uint256 actor, uint256 delegate, uint256 validity) external {
        bytes memory data = abi.encodeCall(
            IERC1056.addDelegate,
            (account(identity), TYPE, account(delegate), validity % 200)
        );
        _call(identity, actor, data);
    }

    function revokeDelegate(uint256 identity, uint256 actor, uint256 delegate) external {
        _call(identity, actor, abi.encodeCall(IERC1056.revokeDelegate, (account(identity), TYPE, account(delegate))));
    }

    function setAttribute(uint256 identity, uint256 actor, bytes calldata value) external {
        _call(identity, actor, abi.encodeCall(IERC1056.setAttribute, (account(identity), "did/svc/x", value, 9)));
    }

    function applyChanges(uint256 identity, uint256 actor, uint256 seed) external {
        IDidRegistry.Change[] memory changes = DidRegistryChanges.randomChanges(seed);
        _call(identity, actor, abi.encodeCall(IDidRegistry.applyChanges, (account(identity), changes)));
    }

    function applyChangesSigned(uint256 identity, uint256 actor, uint256 seed) external {
        address target = account(identity);
        IDidRegistry.Change[] memory changes = DidRegistryChanges.randomChanges(seed);
        uint256 nonce = REGISTRY.changesNonce(target);
        bytes32 digest = DidRegistryChanges.changesDigest(
            REGISTRY,
            block.chainid,
            target,
            changes,
            nonce,
            block.timestamp
        );
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(1 + (actor % 4), digest);
        bytes memory signature = abi.encodePacked(r, s, v);
        bytes memory data = abi.encodeCall(
            IDidRegistry.applyChangesSigned,
            (target, changes, block.timestamp, signature)
        );
        if (!_call(identity, actor, data)) return;
        ++modelNonce[target];
        (bool again, ) = address(REGISTRY).call(data);
        if (again) broken = true;
    }

    /// @dev Calls as the actor; a success is replayed and counted, and must not be one by another than the owner.
    function _call(uint256 identity, uint256 actor, bytes memory data) private returns (bool success) {
        bool wasDeactivated = modelDeactivated[account(identity)];
        bool wasOwner = modelOwner[account(identity)] == account(actor);
        vm.recordLogs();
        vm.prank(account(actor));
        (success, ) = address(REGISTRY).call(data);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        if (!success) return false;
        if (wasDeactivated || !wasOwner) broken = true;
        ++successes;
        uint256 previous = modelChanged[account(identity)];
        for (uint256 i = 0; i < logs.length; ++i) _replay(logs[i], previous);
    }

    function _replay(Vm.Log memory log, uint256 previous) private {
        address identity = address(uint160(uint256(log.topics[1])));
        uint256 previousChange;
        if (log.topics[0] == IERC1056.DIDOwnerChanged.selector) {
            address owner;
            (owner, previousChange) = abi.decode(log.data, (address, uint256));
            modelOwner[identity] = owner;
            if (owner == address(0)) modelDeactivated[identity] = true;
        } else if (log.topics[0] == IERC1056.DIDDelegateChanged.selector) {
            address delegate;
            uint256 validTo;
            (, delegate, validTo, previousChange) = abi.decode(log.data, (bytes32, address, uint256, uint256));
            modelValidTo[identity][delegate] = validTo;
        } else {
            (, , , previousChange) = abi.decode(log.data, (bytes32, bytes, uint256, uint256));
        }
        if (previousChange != previous) broken = true;
        modelChanged[identity] = block.number;
    }
}

/// @title What holds of DidRegistry after any calls in any order
contract DidRegistryInvariants {
    DidRegistry private _registry;
    DidRegistryHandler private _handler;

    function setUp() external {
        _registry = new DidRegistry();
        _handler = new DidRegistryHandler(_registry);
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    /// hardhat-config: invariant.runs = 48
    /// hardhat-config: invariant.depth = 100
    function invariant_OnlyOwnerWritesAndNoSignatureWorksTwice() external view {
        require(!_handler.broken(), "written by another, after deactivation or twice, or wrong previousChange");
    }

    /// hardhat-config: invariant.runs = 48
    /// hardhat-config: invariant.depth = 100
    function invariant_DeactivatedIsTerminal() external view {
        for (uint256 i = 0; i < 4; ++i) {
            address identity = _handler.account(i);
            bool deactivated = _handler.modelDeactivated(identity);
            require(_registry.isActive(identity) != deactivated, "isActive");
            if (!deactivated) continue;
            require(_registry.identityOwner(identity) == address(0), "deactivated with an owner");
            for (uint256 j = 0; j < 4; ++j) {
                address actor = _handler.account(j);
                require(!_registry.validDelegate(identity, _handler.TYPE(), actor), "delegate of a deactivated");
                require(!_registry.isAuthorized(identity, _handler.TYPE(), actor), "actor for a deactivated");
            }
        }
    }

    /// hardhat-config: invariant.runs = 48
    /// hardhat-config: invariant.depth = 100
    function invariant_ChangedIsBlockOfNewestEvent() external view {
        for (uint256 i = 0; i < 4; ++i) {
            address identity = _handler.account(i);
            require(_registry.changed(identity) == _handler.modelChanged(identity), "changed");
        }
    }

    /// hardhat-config: invariant.runs = 48
    /// hardhat-config: invariant.depth = 100
    function invariant_ReplayedEventsGiveStorage() external view {
        bytes32 typeHash = keccak256(abi.encode(_handler.TYPE()));
        for (uint256 i = 0; i < 4; ++i) {
            address identity = _handler.account(i);
            require(_registry.identityOwner(identity) == _handler.modelOwner(identity), "owner");
            require(_registry.changesNonce(identity) == _handler.modelNonce(identity), "nonce");
            for (uint256 j = 0; j < 4; ++j) {
                address delegate = _handler.account(j);
                uint256 validTo = _handler.modelValidTo(identity, delegate);
                require(_registry.delegates(identity, typeHash, delegate) == validTo, "validTo");
            }
        }
    }
}
